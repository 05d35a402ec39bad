# What R says of the synthetic trials of make_designs.py.
# Usage: Rscript make_designs_reference.R DIRECTORY_WITH_CSV designs_reference.json
# Debian packages: r-base-core r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-emmeans r-cran-jsonlite
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite)})
emm_options(msg.interaction = FALSE)
args <- commandArgs(trailingOnly = TRUE)
# A tighter optimum than lme4's default, so that the comparison is of methods and not of stopping rules.
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5),
                     check.conv.singular = "ignore", calc.derivs = FALSE)
rows <- function(x) { x <- as.data.frame(x); x[] <- lapply(x, function(c) if (is.factor(c)) as.character(c) else c); x }
profiles <- function(m) {
  p <- try(suppressMessages(suppressWarnings(confint(m, method = "profile", parm = "beta_"))), silent = TRUE)
  if (inherits(p, "try-error")) matrix(NA_real_, length(fixef(m)), 2) else p
}
one <- function(path) {
  d <- read.csv(path); d$arm <- factor(d$arm); d$wave <- factor(d$wave); d$person <- factor(d$person)
  extra <- if ("age" %in% names(d)) " + age + sleep" else ""
  f <- as.formula(paste0("y ~ arm * wave", extra, " + (1 | person)"))
  m <- lmerTest::lmer(f, data = d, REML = TRUE, control = tight)
  ml <- lme4::lmer(f, data = d, REML = FALSE, control = tight)
  co <- summary(m)$coefficients; ko <- coef(summary(m, ddf = "Kenward-Roger"))
  wald <- confint(m, method = "Wald", parm = "beta_"); prof <- profiles(m)
  vc <- as.data.frame(VarCorr(m))
  within <- emmeans(m, ~ wave | arm, lmer.df = "kenward-roger")
  between <- emmeans(m, ~ arm | wave, lmer.df = "kenward-roger")
  # Degrees of freedom of the total variance s2 (1 + theta2), from lmerTest's covariance of (theta, sigma).
  total <- sum(vc$vcov); theta <- getME(m, "theta"); s <- sigma(m)
  slope <- c(2 * theta * s^2, 2 * s * (1 + theta^2))
  edf <- 2 * total^2 / drop(slope %*% m@vcov_varpar %*% slope)
  effects <- eff_size(between, sigma = sqrt(total), edf = edf, method = "revpairwise")
  list(n_obs = nobs(m), n_subjects = ngrps(m)[["person"]], singular = isSingular(m, tol = 1e-6),
    reml_criterion = as.numeric(REMLcrit(m)), ml_deviance = as.numeric(deviance(ml)),
    sd_subject = vc$sdcor[1], sd_residual = vc$sdcor[2],
    fixed = data.frame(term = rownames(co), estimate = co[, 1], se = co[, 2], df_satterthwaite = co[, 3], t = co[, 4],
      p_satterthwaite = co[, 5], se_kr = ko[, 2], df_kr = ko[, 3], p_kr = ko[, 5], wald_low = wald[, 1],
      wald_high = wald[, 2], profile_low = prof[, 1], profile_high = prof[, 2], row.names = NULL),
    means = rows(summary(within)),
    within = rows(summary(pairs(within, adjust = "tukey"))),
    between = rows(summary(pairs(between, adjust = "tukey"))),
    between_unadjusted = rows(summary(pairs(between, adjust = "none"), infer = TRUE)),
    changes = rows(summary(contrast(emmeans(m, ~ arm * wave, lmer.df = "kenward-roger"),
      interaction = c("revpairwise", "revpairwise")), infer = TRUE)),
    effect_edf = edf, effects = rows(summary(effects)),
    anova_kr = { a <- as.data.frame(anova(m, ddf = "Kenward-Roger")); a$term <- rownames(a); rownames(a) <- NULL; a })
}
files <- list.files(args[1], pattern = "\\.csv$", full.names = TRUE)
res <- list(made_with = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
  pbkrtest = as.character(packageVersion("pbkrtest")), emmeans = as.character(packageVersion("emmeans")),
  lmerTest = as.character(packageVersion("lmerTest"))),
  designs = setNames(lapply(files, one), sub("\\.csv$", "", basename(files))))
write(toJSON(res, digits = I(12), auto_unbox = TRUE, na = "null"), args[2])

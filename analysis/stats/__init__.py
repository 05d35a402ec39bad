"""Statistics of a randomised trial: frames or arrays in, frozen dataclasses or tidy frames out.

Pure: no Django, no file, no print, no rounding; randomness only through an `rng` that the caller gives.

The mixed model, outcome ~ arm * time + covariates + (1 | participant)

- `mixed`: fit it by REML or ML to a long table (`fit_mixed`, or `fit_outcome` of a design already coded)
- `fixed_effects`: its coefficients with both kinds of degrees of freedom, Wald and profile intervals
- `marginal`: its means, contrasts within and between arms with Tukey's adjustment, differences in change, any other
- `joint`: F tests of arm, time and arm:time
- `standardised`: its differences in standard deviations
- `design`: a long table checked and coded
- `participant_sums`: the sums per participant that stand in for an N x N matrix
- `likelihood`: the profiled deviance and its optimum
- `satterthwaite`, `kenward_roger`, `profile_interval`: degrees of freedom, adjusted errors, likelihood intervals
- `contrasts`: the weights of cell means behind each row of a table
- `studentised_range`: Tukey's distribution for many values at once

What a trial's report needs besides

- `baseline`: the baseline table; `balance`: its standardised differences; `baseline_tests`: its tests, where asked for
- `missingness`: what is missing by wave and arm; `little_mcar`: Little's test of missing completely at random
- `reliability`: Cronbach's alpha with Feldt's interval
- `effects`: Hedges' g between arms at each time; `hedges`: g and its interval from means and standard deviations
- `reliable_change`: Jacobson and Truax's index, cut-offs, rules; `change_in_arms`: counts by arm, their comparison
- `contingency`: Pearson's chi-square; `exact`: the Fisher-Freeman-Halton test
- `multiplicity`: Holm's adjustment
- `power`: power and size of a trial for the interaction of arm and time

What all share

- `columns`, `levels`: what a table's columns and codes must be; `measurements`: what measured values must be
- `arguments`: what counts, shares and confidence levels must be
- `errors`: the refusals, each with a sentence that says what was found, where, and what to do
- `example`: the small trial of the docstrings

Words. `participant`, `arm`, `time` and `outcome` name columns of a long table, one row a participant and time;
`reference_arm` and `reference_time` are codes that come first, the others following by size, by first appearance if
they are text, by category if they are categorical; `level` is a confidence level. Rows are counted from 1 in messages.

Direction of differences. Columns `arm` and `versus`: arm minus versus, versus being the earlier in order, so that with
the waitlist as reference a positive figure says that the treated score higher. Columns that end in `_a` and `_b`: a
minus b, a being the earlier (emmeans' direction, and the contract of `manage.py analyse`). Changes are later minus
earlier, in `differences_in_change`, `standardised_changes` and the RCI. The t tests of the baseline table are second
arm minus first.

Results. A table is a tidy DataFrame, one row a comparison, and stands in a frozen dataclass where figures belong to the
whole of it. A figure that does not exist is refused by name; NaN and <NA> stand only where a docstring says so.
"""

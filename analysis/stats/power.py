"""Power of the interaction of arm and time in a repeated-measures design, as G*Power computes it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from scipy.stats import f as fisher_f
from scipy.stats import ncf

from analysis.stats.arguments import number_between, whole_number
from analysis.stats.errors import BadInput, DidNotConverge

# the largest trial that the search looks at
LARGEST_N = 10_000_000
# far beyond any effect; its square still fits
LARGEST_F = 1000.0


@dataclass(frozen=True)
class InteractionPower:
    """Power of the within-between interaction.

    Attributes
    ----------
    power : float
        In (0, 1).
    total_n : int
        Participants of all arms together.
    noncentrality : float
        Of the F distribution.
    df_numerator, df_denominator : float
        Degrees of freedom, after multiplying by epsilon.
    critical_f : float
    """

    power: float
    total_n: int
    noncentrality: float
    df_numerator: float
    df_denominator: float
    critical_f: float


def interaction_power(
    total_n: int,
    *,
    effect_f: float,
    arms: int,
    times: int,
    correlation: float,
    alpha: float = 0.05,
    epsilon: float = 1.0,
) -> InteractionPower:
    """Return the power to find that the arms change differently over time.

    Parameters
    ----------
    total_n : int
        Participants of all arms together, more than `arms`.
    effect_f : float
        Cohen's f of the interaction, in (0, 1000) (.10 small, .25 medium, .40 large).
    arms, times : int
        Two or more each.
    correlation : float
        Between two measurements of a person, in (-1 / (times - 1), 1).
    alpha : float
        In (0, 1).
    epsilon : float
        Nonsphericity correction, in [1 / (times - 1), 1]; 1 where all correlations are equal.

    Returns
    -------
    InteractionPower

    Raises
    ------
    BadInput
        An argument is not in its range.
    DidNotConverge
        The arguments are so extreme that the F distribution cannot be computed.

    Notes
    -----
    lambda = f^2 N m / (1 - r) epsilon, df (k - 1)(m - 1) epsilon and (N - k)(m - 1) epsilon, with k arms and
    m times: G*Power's "ANOVA: repeated measures, within-between interaction", effect size as in its default
    option. It assumes equal arms, complete data and one correlation; a mixed model with dropout has less.

    References
    ----------
    Faul, F., Erdfelder, E., Lang, A.-G. & Buchner, A. (2007). G*Power 3. Behavior Research Methods, 39,
    175-191, Table 3.

    Examples
    --------
    >>> round(interaction_power(44, effect_f=0.25, arms=2, times=3, correlation=0.5).power, 3)
    0.956
    """
    arms, times = whole_number(arms, "arms", least=2), whole_number(times, "times", least=2)
    whole_number(total_n, "total_n", least=arms + 1)
    number_between(effect_f, "effect_f", 0, LARGEST_F)
    number_between(correlation, "correlation", -1 / (times - 1), 1)
    number_between(alpha, "alpha", 0, 1)
    number_between(epsilon, "epsilon", 1 / (times - 1), 1, closed="both")
    noncentrality = effect_f**2 * total_n * times / (1 - correlation) * epsilon
    df = ((arms - 1) * (times - 1) * epsilon, (total_n - arms) * (times - 1) * epsilon)
    critical = float(fisher_f.isf(alpha, *df))
    power = float(ncf.sf(critical, *df, noncentrality))
    if not (isfinite(critical) and isfinite(power)):
        raise DidNotConverge(
            f"F with {df[0]:g} and {df[1]:g} degrees of freedom and noncentrality {noncentrality:g} is beyond what "
            "can be computed. Check the arguments."
        )
    return InteractionPower(power, int(total_n), float(noncentrality), *df, critical)


def interaction_sample_size(
    power: float,
    *,
    effect_f: float,
    arms: int,
    times: int,
    correlation: float,
    alpha: float = 0.05,
    epsilon: float = 1.0,
) -> InteractionPower:
    """Return the smallest trial of equal arms that reaches a power.

    Parameters
    ----------
    power : float
        Wanted, in (alpha, 1).
    effect_f, arms, times, correlation, alpha, epsilon
        As in `interaction_power`.

    Returns
    -------
    InteractionPower
        With `total_n` a multiple of `arms`.

    Raises
    ------
    BadInput
        An argument is not in its range, or the power is no more than alpha.
    DidNotConverge
        Ten million participants do not reach it, or F cannot be computed.

    Notes
    -----
    Power rises with N, so the search doubles and then halves. Add the expected dropout afterwards.

    References
    ----------
    Faul et al. (2007), Table 3.

    Examples
    --------
    >>> interaction_sample_size(0.95, effect_f=0.25, arms=2, times=3, correlation=0.5).total_n
    44
    """
    number_between(power, "power", 0, 1)
    whole_number(arms, "arms", least=2)
    if power <= number_between(alpha, "alpha", 0, 1):
        raise BadInput(f"The power wanted, {power}, must be above alpha, {alpha}.")

    def at(each: int) -> InteractionPower:
        return interaction_power(
            each * arms,
            effect_f=effect_f,
            arms=arms,
            times=times,
            correlation=correlation,
            alpha=alpha,
            epsilon=epsilon,
        )

    return at(_smallest_arm(at, power, LARGEST_N // arms))


def _smallest_arm(at: Callable[[int], InteractionPower], power: float, largest: int) -> int:
    """Double until it is enough, then halve the distance to what is too few."""
    enough = 2
    while at(enough).power < power:
        enough *= 2
        if enough > largest:
            raise DidNotConverge(
                f"Even {LARGEST_N:,} participants do not reach a power of {power}. Check the effect size."
            )
    too_few = 1
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        too_few, enough = (middle, enough) if at(middle).power < power else (too_few, middle)
    return enough

"""Weighted shares, effective samples, margins of error; pooled samples betray no answer."""

import numpy as np
import pytest
from attacking import THRESHOLDS, Attack
from hypothesis import given
from hypothesis import strategies as st

from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules, EarlierRelease
from parvis.statistics.surveys import (
    AnswerKey,
    AnswerSums,
    Estimate,
    PartnerEstimate,
    PooledSurveys,
    control_surveys,
    effective_size,
    estimate_shares,
    figure_key,
    margin_of_error,
    pool,
    pooled_estimate,
)

P = 20.0
WEIGHTS = st.lists(st.floats(0.01, 100), min_size=1, max_size=50)
SAMPLES = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 10)), min_size=1, max_size=30),
    min_size=1,
    max_size=5,
)
Sample = list[tuple[str, float]]


def estimate_sample(sample: Sample, name: str = "m") -> list[PartnerEstimate]:
    """Estimate the answers of a sample of pairs of an answer and a weight."""
    sums = {}
    for answer in {answer for answer, _ in sample}:
        weights = [weight for given_answer, weight in sample if given_answer == answer]
        squares = sum(weight**2 for weight in weights)
        sums[AnswerKey("2025", "q", answer)] = AnswerSums(len(weights), sum(weights), squares)
    return [PartnerEstimate(name, key, value) for key, value in estimate_shares(sums).items()]


def pool_samples(samples: list[Sample]) -> PooledSurveys:
    parts = [estimate_sample(sample, f"m{n}") for n, sample in enumerate(samples)]
    return pool([estimate for part in parts for estimate in part], "share", "*")


def shares_of(pooled: PooledSurveys) -> dict[str, float]:
    totals = pooled.effective.values.sum(axis=1)
    keys = pooled.effective.keys
    (total,) = (value for key, value in zip(keys, totals, strict=True) if not key.code)
    return {k.code: value / total for k, value in zip(keys, totals, strict=True) if k.code}


@given(WEIGHTS, st.floats(0.1, 10))
def test_the_effective_size_is_that_of_the_sample_at_most(
    weights: list[float], scale: float
) -> None:
    """It is one respondent at least, all of them for equal weights, and of no unit."""

    def size(values: list[float]) -> float:
        return effective_size(sum(values), sum(value**2 for value in values))

    assert 1 - 1e-9 <= size(weights) <= len(weights) + 1e-9
    assert size([scale] * len(weights)) == pytest.approx(len(weights))
    assert size([scale * weight for weight in weights]) == pytest.approx(size(weights))


@given(SAMPLES)
def test_the_shares_of_a_question_are_one_together(samples: list[Sample]) -> None:
    for sample in samples:
        estimates = [part.estimate for part in estimate_sample(sample)]
        assert sum(estimate.share for estimate in estimates) == pytest.approx(1)
        assert sum(estimate.respondents for estimate in estimates) == len(sample)
        assert {estimate.sample for estimate in estimates} == {len(sample)}


@given(SAMPLES)
def test_pooled_shares_are_those_of_all_respondents_together(samples: list[Sample]) -> None:
    """Once the weights of each partner add up to its effective sample; so do the sizes."""
    weights: dict[str, float] = dict.fromkeys("abc", 0.0)
    sizes = []
    for sample in samples:
        total, squares = sum(w for _, w in sample), sum(w**2 for _, w in sample)
        effective = effective_size(total, squares)
        for answer, weight in sample:
            weights[answer] += weight * effective / total
        sizes.append(effective)
    shares = shares_of(pool_samples(samples))
    expected = {answer: weight / sum(sizes) for answer, weight in weights.items() if weight}
    assert shares == pytest.approx(expected, abs=1e-5)


@given(SAMPLES, st.floats(0.1, 1000))
def test_the_unit_of_a_partner_s_weights_does_not_matter(
    samples: list[Sample], scale: float
) -> None:
    """Whether they add up to the sample, to one or to an audience of thousands."""
    scaled = [[(answer, weight * scale) for answer, weight in samples[0]], *samples[1:]]
    assert shares_of(pool_samples(scaled)) == pytest.approx(
        shares_of(pool_samples(samples)), abs=1e-5
    )


def test_the_margin_holds_nineteen_times_out_of_twenty() -> None:
    """In 2,000 random weighted samples of a known audience; nearly, as for every such margin."""
    chance, truth, hits = np.random.default_rng(7), 0.3, 0
    for _ in range(2000):
        weights = chance.uniform(0.3, 3.0, 150)
        answers = chance.random(150) < truth
        share = float(weights[answers].sum() / weights.sum())
        size = effective_size(float(weights.sum()), float((weights**2).sum()))
        hits += abs(share - truth) <= margin_of_error(share, size)
    assert 0.935 <= hits / 2000 <= 0.965


def test_what_is_published_is_rounded_and_so_is_its_margin() -> None:
    """The margin is computed from what is published: it reveals no more."""
    estimate = pooled_estimate(33.4, 97.2, 128, 5)
    assert estimate == Estimate(0.34, 0, 130, 95)
    assert estimate.margin == margin_of_error(0.34, 95)


def control(*estimates: PartnerEstimate) -> tuple[ControlledRelease, PooledSurveys]:
    pooled = pool(estimates, "share", "*")
    return control_surveys(pooled, [], DisclosureRules(THRESHOLDS, P)), pooled


def counts(**answers: int) -> Sample:
    return [(answer, 1.0) for answer, number in answers.items() for _ in range(number)]


def published_answers(samples: list[Sample]) -> set[str]:
    parts = [estimate_sample(sample, f"m{n}") for n, sample in enumerate(samples)]
    release, pooled = control(*(estimate for part in parts for estimate in part))
    flags = zip(pooled.effective.keys, release.published, strict=True)
    return {key.code for key, flag in flags if flag and key.code}


def test_three_partners_and_ten_respondents_are_needed() -> None:
    sample = counts(a=30, b=40, c=50)
    assert published_answers([sample] * 2) == set()
    assert published_answers([sample] * 4) == {"a", "b", "c"}
    assert "c" not in published_answers([counts(a=30, b=40, c=2)] * 4)


def test_no_answer_is_revealed_by_the_others() -> None:
    """The shares of a question are a hundred together: one suppressed answer needs another."""
    answers = published_answers([counts(a=30, b=40, c=2)] * 4)
    assert len({"a", "b", "c"} - answers) >= 2


def test_the_persons_are_counted_not_only_the_effective_sample() -> None:
    """A large effective size, which a partner may state, does not replace respondents."""
    key = AnswerKey("2025", "q", "a")
    few = Estimate(0.5, 2, 4, 400.0)
    estimates = [
        PartnerEstimate(f"m{n}", key._replace(answer=answer), few)
        for n in range(4)
        for answer in "ab"
    ]
    release, pooled = control(*estimates)
    flags = zip(pooled.effective.keys, release.published, strict=True)
    assert not any(flag for key, flag in flags if key.code)


def random_samples(chance: np.random.Generator, partners: list[int]) -> dict[int, Sample]:
    """Draw the samples of partners, some small, with rare answers."""
    samples = {}
    for partner in partners:
        size = int(chance.choice([15, 40, 150, 400]))
        rates = chance.dirichlet([3, 2, 1, 0.2, 0.1])
        answers = chance.choice(list("abcde"), size, p=rates)
        weights = chance.uniform(0.5, 2, size)
        samples[partner] = list(zip(answers.tolist(), weights.tolist(), strict=True))
    return samples


@pytest.mark.parametrize("seed", range(30))
def test_an_attacker_recovers_no_answer_from_releases(seed: int) -> None:
    """With all releases, and the answers of one member; members join and correct."""
    chance = np.random.default_rng(seed)
    members = list(range(int(chance.integers(3, 9))))
    samples = random_samples(chance, members)
    stages = [samples]
    stages.append({**samples, **random_samples(chance, [int(chance.integers(0, 12))])})
    stages.append({**stages[-1], **random_samples(chance, [20, 21, 22, 23])})
    attack, earlier = Attack(P), list[EarlierRelease]()
    for stage in stages:
        parts = [estimate_sample(sample, f"m{n}") for n, sample in sorted(stage.items())]
        pooled = pool([e for part in parts for e in part], "share", "*")
        release = control_surveys(pooled, earlier, DisclosureRules(THRESHOLDS, P))
        earlier.append(
            EarlierRelease(pooled.effective, release.published, frozenset(release.repeats))
        )
        attack.add(release)
        assert release.unproved == 0
    assert attack.recovered() == []


def test_a_question_is_repeated_or_silent_while_few_join() -> None:
    """One partner that joins would be the difference of two releases."""
    samples = [counts(a=30, b=40, c=50)] * 4
    first = pool_samples(samples)
    rules = DisclosureRules(THRESHOLDS, P)
    before = control_surveys(first, [], rules)
    assert before.published.all()
    earlier = [EarlierRelease(first.effective, before.published)]
    for joining, expected in ((1, False), (4, True)):
        after = pool_samples(samples + [counts(a=20, b=25, c=31)] * joining)
        release = control_surveys(after, earlier, rules)
        assert bool(release.published.all()) is expected
        total = after.effective.keys.index(figure_key(AnswerKey("2025", "q", ""), "share", "*"))
        assert (total in release.repeats) is not expected

"""Compares the statistics of SQL functions with NumPy, SciPy and statsmodels over random events: python compare.py PSQL URL SEED.

Each comparison is computed here from the events themselves, by other means than the extension's, and must agree to 1e-9
relatively. One line of TAP for each.
"""

import datetime
import json
import subprocess
import sys

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import power_proportions_2indep, proportions_ztest, samplesize_proportions_2indep_onetail

PSQL, URL, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3])
TOLERANCE = 1e-9
START = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)
random = np.random.default_rng(SEED)
failed = False


def sql(statement, settings="set timezone = 'UTC'; set extra_float_digits = 3;"):
    command = [PSQL, "-XqAt", "-v", "ON_ERROR_STOP=1", URL]
    return subprocess.run(command, input=settings + statement, text=True, check=True, stdout=subprocess.PIPE).stdout


def rows(statement):
    return json.loads(sql(f"select coalesce(json_agg(row_to_json(q)), '[]') from ({statement}) q"))


def check(what, pairs):
    """Pairs of a number that SQL gave and one that was computed here."""
    global failed
    off = [
        (found, expected)
        for found, expected in pairs
        if found is None or abs(found - expected) > TOLERANCE * max(abs(expected), 1e-3)
    ]
    failed = failed or bool(off) or not pairs
    print(f"{'not ok' if off or not pairs else 'ok'} - {what}: {len(pairs)} numbers agree to {TOLERANCE}")
    for found, expected in off[:5]:
        print(f"    found {found!r}, expected {expected!r}")


def import_events(events):
    for begin in range(0, len(events), 5000):
        batch = json.dumps(events[begin : begin + 5000])
        sql(f"select telemetry.import_events($json${batch}$json$) \\g /dev/null")


def event(name, seconds, user, payload):
    at = (START + datetime.timedelta(seconds=float(seconds))).isoformat()
    return {"event_name": name, "event_ts": at, "user_id": f"00000000-0000-4000-8000-{user:012d}", "payload": payload}


def numbers():
    days = {}
    events = []
    for seconds, value in zip(random.uniform(0, 10 * 86400, 4000), random.lognormal(3, 2, 4000)):
        value = round(float(value), 4)
        events.append(event("timed", round(seconds), 1, {"ms": value}))
        days.setdefault(round(seconds) // 86400, []).append(value)
    import_events(events)
    return lambda source: compare_numbers(source, days)


def compare_numbers(source, days):
    given = "'ms', since => '2026-01-05', until => '2026-01-15', events => '{timed}'"
    fractions = [0.0, 0.01, 0.5, 0.9, 0.99, 1.0]
    found = rows(f"select extract(epoch from bucket - '2026-01-05Z')::int / 86400 as day, fraction, value from telemetry.percentiles(fractions => '{{{','.join(map(str, fractions))}}}', payload_key => {given})")
    check(f"{source}: percentiles() and numpy.quantile", [(row["value"], np.quantile(days[row["day"]], row["fraction"])) for row in found])
    for function, expected in (("sum_of", np.sum), ("avg_of", np.mean), ("max_of", np.max), ("min_of", np.min)):
        found = rows(f"select extract(epoch from bucket - '2026-01-05Z')::int / 86400 as day, value from telemetry.{function}({given})")
        check(f"{source}: {function}() and numpy", [(row["value"], expected(days[row["day"]])) for row in found])


def experiment():
    actors = 900
    names = random.choice(["control", "b", "c"], actors, p=[0.4, 0.35, 0.25])
    exposed = random.uniform(12 * 86400, 20 * 86400, actors).round()
    before, after, visits, visits_before = np.zeros(actors), np.zeros(actors), np.zeros(actors), np.zeros(actors)
    events = [
        event("experiment_exposed", exposed[n], n, {"experiment": "e", "variant": str(names[n])}) for n in range(actors)
    ]
    for n, seconds in zip(random.integers(0, actors, 9000), random.uniform(0, 30 * 86400, 9000).round()):
        amount = round(float(random.gamma(2, 10 + n % 7)), 2)
        if random.random() < 0.4:
            events.append(event("visit", seconds, n, {}))
            visits[n] += seconds >= exposed[n]
            visits_before[n] += exposed[n] - 7 * 86400 <= seconds < exposed[n]
        else:
            events.append(event("paid", seconds, n, {"amount": amount}))
            if seconds >= exposed[n]:
                after[n] += amount
            elif seconds >= exposed[n] - 7 * 86400:
                before[n] += amount
    import_events(events)
    return lambda source: compare_experiment(source, names, before, after, visits, visits_before)


def compare_experiment(source, names, before, after, visits, visits_before):
    def groups(values):
        return {name: values[names == name] for name in ("control", "b", "c")}

    def compare(what, arguments, moments, error_of=None):
        """moments: name to mean and variance of the mean's terms. error_of: by name and ratio, of mean - ratio * control's."""
        sizes = {name: int((names == name).sum()) for name in moments}
        frequentist, bayesian, absolute, always = [], [], [], []
        mean_c, var_c = moments["control"]
        for row in rows(f"select * from telemetry.experiment_results('e', {arguments})"):
            name = row["variant"]
            mean_t, var_t = moments[name]
            frequentist.append((row["mean"], mean_t))
            frequentist.append((row["srm_p_value"], stats.chisquare([sizes[k] for k in sizes]).pvalue))
            if name == "control":
                continue
            part_t, part_c = var_t / sizes[name], var_c / sizes["control"]
            error = np.sqrt(part_t / mean_c**2 + part_c * mean_t**2 / mean_c**4)
            if error_of:
                error = error_of(name, mean_t / mean_c) / mean_c
            freedom = (part_t + part_c) ** 2 / (part_t**2 / (sizes[name] - 1) + part_c**2 / (sizes["control"] - 1))
            difference = mean_t / mean_c - 1
            low, high = stats.t.interval(0.95, freedom, difference, error)
            frequentist += [(row["relative_difference"], difference), (row["interval_low"], low), (row["interval_high"], high)]
            frequentist.append((row["p_value"], 2 * stats.t.sf(abs(difference / error), freedom)))
            spread = error_of(name, 1) if error_of else np.sqrt(part_t + part_c)
            low, high = stats.t.interval(0.95, freedom, mean_t - mean_c, spread)
            absolute += [(row["difference"], mean_t - mean_c), (row["standard_error"], spread), (row["difference_low"], low), (row["difference_high"], high)]
            p_value, low, high = mixture_test(mean_t - mean_c, spread, sizes[name] + sizes["control"], 0.05, 5000)
            always += [(row["sequential_p_value"], p_value), (row["sequential_low"], low), (row["sequential_high"], high)]
            chance = stats.norm.cdf(difference / error)
            low, high = stats.norm.interval(0.8, difference, error)
            bayesian.append((name, difference, low, high, chance))
        check(f"{source}: experiment_results(), {what}", frequentist)
        check(f"{source}: experiment_results(), {what}, absolute", absolute)
        check(f"{source}: experiment_results(), {what}, always valid", always)
        found = {row["variant"]: row for row in rows(f"select * from telemetry.experiment_results('e', {arguments}, method => 'bayesian', confidence_level => 0.8)")}
        pairs = []
        for name, difference, low, high, chance in bayesian:
            row = found[name]
            pairs += [(row["interval_low"], low), (row["interval_high"], high), (row["chance_to_win"], chance)]
        check(f"{source}: experiment_results(), {what}, bayesian", pairs)

    share = groups((after > 0).astype(float))
    compare("proportion", "'paid'", {name: (of.mean(), of.mean() * (1 - of.mean())) for name, of in share.items()})
    money = groups(after)
    compare("mean", "'paid', 'mean', 'amount'", {name: (of.mean(), of.var(ddof=1)) for name, of in money.items()})
    theta = np.cov(after, before)[0, 1] / before.var(ddof=1)
    adjusted = groups(after - theta * (before - before.mean()))
    moments = {name: (of.mean(), of.var(ddof=1)) for name, of in adjusted.items()}
    after_of, before_of = groups(after), groups(before)

    def error_of(name, ratio):
        # What each actor's numbers do to the difference: its group's mean, and the mean before that all groups share.
        variance = 0
        for group in money:
            own, control, weight = float(group == name), float(group == "control"), len(after_of[group]) / len(after)
            terms = (own - ratio * control) * after_of[group] - theta * (own - weight - ratio * (control - weight)) * before_of[group]
            variance += terms.var(ddof=1) / len(terms)
        return np.sqrt(variance)

    compare("mean with CUPED", "'paid', 'mean', 'amount', cuped_days => 7", moments, error_of)
    seen = groups(visits)
    moments = {}
    for name in money:
        ratio = money[name].sum() / seen[name].sum()
        covariances = np.cov(money[name], seen[name])
        terms = covariances[0, 0] - 2 * ratio * covariances[0, 1] + ratio**2 * covariances[1, 1]
        moments[name] = (ratio, terms / seen[name].mean() ** 2)
    compare("ratio", "'paid', 'ratio', 'amount', 'visit'", moments)

    # CUPED of a ratio: the adjusted ratio as a function of the means of four numbers in each group, whose derivative a step
    # in the imaginary direction gives, exact to the last digits. Theta and the groups' shares of visits before are given.
    numbers = np.array([after, visits, before, visits_before])
    whole = numbers.sum(axis=1)
    parts = [(numbers[k] - whole[k] / whole[k + 1] * numbers[k + 1]) / numbers[k + 1].mean() for k in (0, 2)]
    theta = np.cov(*parts)[0, 1] / parts[1].var(ddof=1)
    of_group = {name: numbers[:, names == name] for name in money}
    weights = {name: of_group[name][3].sum() / whole[3] for name in money}

    def adjusted_ratio(means, name):
        all_before = sum(weights[group] * means[group][2] / means[group][3] for group in money)
        return means[name][0] / means[name][1] - theta * (means[name][2] / means[name][3] - all_before)

    means = {name: of_group[name].mean(axis=1).astype(complex) for name in money}

    def variance_of(function):
        variances = {}
        for group in money:
            gradient = np.zeros(4)
            for k in range(4):
                moved = {name: value.copy() for name, value in means.items()}
                moved[group][k] += 1e-30j
                gradient[k] = function(moved).imag / 1e-30
            variances[group] = gradient @ np.cov(of_group[group]) @ gradient
        return sum(variances[group] / of_group[group].shape[1] for group in money)

    def error_of_ratio(name, ratio):
        return np.sqrt(variance_of(lambda moved: adjusted_ratio(moved, name) - ratio * adjusted_ratio(moved, "control")))

    moments = {}
    for name in money:
        after_part, before_part = ((of_group[name][k] - of_group[name][k].sum() / of_group[name][k + 1].sum() * of_group[name][k + 1]) / of_group[name][k + 1].mean() for k in (0, 2))
        moments[name] = (adjusted_ratio(means, name).real, (after_part - theta * before_part).var(ddof=1))
    compare("ratio with CUPED", "'paid', 'ratio', 'amount', 'visit', cuped_days => 7", moments, error_of_ratio)


def mixture_test(difference, error, actors, alpha, expected):
    """The always-valid p-value: the density of the statistic under a normal mixture by that under no difference, with the
    mixture of least width at `expected`; its interval by bisection of what is not refused."""
    tau = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / expected) * error * np.sqrt(actors)

    def p_value(against):
        log_ratio = stats.norm.logpdf(difference, against, np.hypot(error, tau)) - stats.norm.logpdf(difference, against, error)
        return min(1.0, np.exp(-log_ratio))

    reach = optimize.brentq(lambda reach: p_value(difference + reach) - alpha, error, 50 * error, xtol=1e-15, rtol=1e-14)
    return p_value(0), difference - reach, difference + reach


def students():
    """A class whose students know 12 of 20 questions on average, and as many unknown to the key."""
    questions, able = 40, random.beta(6, 4, 60)
    sql("create table public.exam_key as select format('q%s', n) as id, 1 as correct_index from generate_series(1, 20) n; select telemetry.install_pack('exam_prep') \\g /dev/null")
    right, answered, events = np.zeros(60), np.zeros(60), []
    for student in range(60):
        for question in random.choice(np.arange(1, questions + 1), random.integers(3, questions), replace=False):
            is_right = random.random() < able[student]
            if question <= 20:
                answered[student] += 1
                right[student] += is_right
            made = event("ANSWER_SELECTED", 86400 * student + int(question), student, {"position": 1, "selected_index": int(is_right)})
            made["session_id"] = f"00000000-0000-4000-8000-{1000 + student:012d}"
            events.append((made, int(question)))
    ids = dict(rows_of("select n, telemetry.as_id(format('q%s', n)) from generate_series(1, 40) n"))
    import_events([{**made, "subject_id": ids[question]} for made, question in events])
    known = answered >= 10
    n, x = answered[known], right[known]
    p = x.sum() / n.sum()
    weights = 1 - n / n.sum()
    correlation = ((n * (x / n - p) ** 2).sum() - p * (1 - p) * weights.sum()) / (p * (1 - p) * ((n * weights).sum() - weights.sum()))
    size = np.clip(1 / correlation - 1, 0.5, 1000) if correlation > 0 else 1000
    pairs = []
    for row in rows("select right(user_id::text, 12)::int as student, scored, predicted_score, predicted_low, predicted_high from telemetry.student_report(table_name => 'public.exam_key', questions => 30, confidence_level => 0.8)"):
        student = row["student"]
        pairs.append((row["scored"], answered[student]))
        if known[student]:
            a, b = p * size + right[student], (1 - p) * size + answered[student] - right[student]
            new = stats.betabinom(30, a, b)
            pairs += [(row["predicted_score"], a / (a + b)), (row["predicted_low"], new.ppf(0.1) / 30), (row["predicted_high"], new.ppf(0.9) / 30)]
    check("student_report() and scipy.stats.betabinom", pairs)


def rows_of(statement):
    return [tuple(row.values()) for row in rows(statement)]


def planning():
    shares, means, powers = [], [], []
    for baseline, effect, power, share in ((0.2, 0.1, 0.8, 0.5), (0.05, -0.2, 0.9, 0.5), (0.5, 0.1, 0.95, 0.75), (0.01, 0.3, 0.7, 0.1)):
        other = (1 - share) / share
        treatment = samplesize_proportions_2indep_onetail(baseline * effect, baseline, power, ratio=other, alpha=0.05)
        row = rows(f"select * from telemetry.experiment_sample_size({baseline}, {effect}, {power}, treatment_share => {share})")[0]
        shares += [(row["control_actors"], np.ceil(treatment * other)), (row["treatment_actors"], np.ceil(treatment))]
        treatment = NormalIndPower().solve_power(abs(10 * effect) / 4, None, 0.05, power, ratio=other)
        row = rows(f"select * from telemetry.experiment_sample_size(10, {effect}, {power}, standard_deviation => 4, treatment_share => {share})")[0]
        means += [(row["control_actors"], np.ceil(treatment * other)), (row["treatment_actors"], np.ceil(treatment))]
        row = rows(f"select * from telemetry.experiment_power({baseline}, {effect}, 1200, 800)")[0]
        powers.append((row["power"], power_proportions_2indep(baseline * effect, baseline, 800, ratio=1.5, alpha=0.05).power))
        row = rows(f"select * from telemetry.experiment_power(10, {effect}, 1200, 800, standard_deviation => 4)")[0]
        powers.append((row["power"], NormalIndPower().power(abs(10 * effect) / 4, 800, 0.05, ratio=1.5)))
    check("experiment_sample_size() of shares and statsmodels", shares)
    check("experiment_sample_size() of means and statsmodels", means)
    check("experiment_power() and statsmodels", powers)


def periods():
    """KPIs of 20 days before and after a moment: who paid of who came, and what they paid."""
    events, came, paid, amounts = [], np.zeros((2, 20), int), np.zeros((2, 20), int), [[[] for _ in range(20)] for _ in range(2)]
    user = 100000
    for period in range(2):
        for day in range(20):
            for _ in range(random.integers(15, 40)):
                user += 1
                at = (40 + period * 20 + day) * 86400 + random.integers(0, 80000)
                events.append(event("came", at, user, {}))
                came[period, day] += 1
                if random.random() < 0.3 + 0.06 * period:
                    amount = round(float(random.lognormal(3 + 0.1 * period, 1)), 2)
                    events.append(event("bought", at + 60, user, {"amount": amount}))
                    paid[period, day] += 1
                    amounts[period][day].append(amount)
    import_events(events)
    for name, definition in (("conversion", {"kind": "actor_ratio", "parameters": {"numerator": "bought", "denominator": "came"}}),
                             ("buys", {"kind": "event_volume", "parameters": {"events": ["bought"]}}),
                             ("amount", {"kind": "avg_of", "parameters": {"payload_key": "amount", "events": ["bought"]}})):
        sql(f"select telemetry.register_kpi('{name}', '{json.dumps(definition)}') \\g /dev/null")
    return lambda source: compare_two(source, came, paid, amounts)


def compare_two(source, came, paid, amounts):
    def two(name, width):
        return rows(f"select * from telemetry.compare_periods('{name}', '2026-03-06', '{width} days')")[0]

    pairs = []
    for width in (20, 6, 1):
        row = two("conversion", width)
        part, whole = [of[0, 20 - width :].sum() for of in (paid, came)], [of[1, :width].sum() for of in (paid, came)]
        table = np.array([[part[0], part[1] - part[0]], [whole[0], whole[1] - whole[0]]])
        small = stats.contingency.expected_freq(table).min() < 5
        expected = stats.fisher_exact(table).pvalue if small else proportions_ztest(table[:, 0], table.sum(axis=1))[1]
        pairs += [(row["p_value"], expected), (row["value_before"], part[0] / part[1]), (row["n_after"], whole[1])]
    check(f"{source}: compare_periods() of shares, statsmodels and scipy.stats.fisher_exact", pairs)
    pairs = []
    for width in (20, 9):
        counts, means = [paid[0, 20 - width :], paid[1, :width]], [[np.mean(day) for day in days] for days in (amounts[0][20 - width :], amounts[1][:width])]
        row = two("buys", width)
        pairs += [(row["p_value"], stats.mannwhitneyu(*counts, method="asymptotic").pvalue), (row["value_after"], counts[1].sum())]
        row = two("amount", width)
        pairs += [(row["p_value"], stats.mannwhitneyu(*means, method="exact").pvalue), (row["value_before"], np.mean(np.concatenate(amounts[0][20 - width :])))]
    check(f"{source}: compare_periods() of buckets and scipy.stats.mannwhitneyu", pairs)
    values = np.array([np.mean(day) for days in amounts for day in days])
    slope = stats.linregress(np.arange(40), values)
    found = rows("select * from telemetry.forecast_kpi('amount', '2026-02-14', '2026-03-26', horizon => 5, seasonality => 'none')")
    check(f"{source}: forecast_kpi() and scipy.stats.linregress", [(row["expected"], slope.intercept + slope.slope * (40 + n)) for n, row in enumerate(found)])


def series():
    days = 47
    place = np.arange(days)
    values = np.round(100 + 1.3 * place + 15 * (place % 7 < 5) + random.normal(0, 6, days), 3)
    times = f"array(select timestamptz '2026-01-05' + n * interval '1 day' from generate_series(0, {days - 1}) n)"
    numbers = "'{" + ",".join(map(str, values)) + "}'"
    found = rows(f"select * from telemetry.anomalies_of({times}, {numbers})")
    medians = np.array([np.median(values[place % 7 == day]) for day in range(7)])
    rest = values - medians[place % 7]
    # Beside their negatives the distances have the median 0, from which SciPy measures.
    deviation = stats.median_abs_deviation(np.concatenate([rest, -rest]), scale="normal")
    pairs = [(row["score"], off / deviation) for row, off in zip(found, rest)]
    check("anomalies_of() and scipy.stats.median_abs_deviation", pairs)

    horizon, confidence = 20, 0.9
    design = np.column_stack([place] + [place % 7 == day for day in range(7)]).astype(float)
    fit, _, _, _ = np.linalg.lstsq(design, values, rcond=None)
    freedom = days - 8
    variance = np.sum((values - design @ fit) ** 2) / freedom
    inverse = np.linalg.inv(design.T @ design)
    pairs = []
    for n, row in enumerate(rows(f"select * from telemetry.forecast_of({times}, {numbers}, horizon => {horizon}, confidence_level => {confidence})")):
        new = np.array([days + n] + [(days + n) % 7 == day for day in range(7)], dtype=float)
        low, high = stats.t.interval(confidence, freedom, new @ fit, np.sqrt(variance * (1 + new @ inverse @ new)))
        pairs += [(row["expected"], new @ fit), (row["lower"], low), (row["upper"], high)]
    check("forecast_of() and numpy.linalg.lstsq", pairs)


for name, promoted in (("timed", ["ms"]), ("experiment_exposed", ["experiment", "variant"]), ("visit", []), ("paid", ["amount"]), ("came", []), ("bought", ["amount"])):
    promoted = json.dumps({"promoted_properties": promoted})
    sql(f"select telemetry.register_event('{name}', '{promoted}') \\g /dev/null")
comparisons = [numbers(), experiment(), periods()]
for compare in comparisons:
    compare("rows")
sql("call telemetry.tick();")
for compare in comparisons:
    compare("timeline")
planning()
series()
students()
sys.exit(failed)

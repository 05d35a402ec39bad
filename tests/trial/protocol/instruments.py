"""The scores of the shipped instruments and their ranges, as the reader is told them by the site."""

INSTRUMENTS: dict[str, dict[str, tuple[float, float]]] = {
    "csp_24": {
        "kindness": (1, 5),
        "indifference_r": (1, 5),
        "common_humanity": (1, 5),
        "separation_r": (1, 5),
        "mindfulness": (1, 5),
        "disengagement_r": (1, 5),
        "total": (1, 5),
    },
    "scs_sf": {"self_kindness": (1, 5), "common_humanity": (1, 5), "mindfulness": (1, 5), "total": (1, 5)},
    "iri_28": {
        "perspective_taking": (1, 5),
        "fantasy": (1, 5),
        "empathic_concern": (1, 5),
        "personal_distress": (1, 5),
    },
    "dass_21": {"depression": (0, 21), "anxiety": (0, 21), "stress": (0, 21)},
    "phi": {"remembered_sum": (0, 110), "experienced": (0, 10), "combined": (0, 10)},
    "ffmq_20_provisional": {
        "observing": (1, 5),
        "describing": (1, 5),
        "acting_with_awareness": (1, 5),
        "non_judging": (1, 5),
        "non_reactivity": (1, 5),
        "total": (1, 5),
    },
    "mbi_ss_15": {"exhaustion": (0, 30), "cynicism": (0, 24), "academic_efficacy": (0, 36)},
    "ders_28": {
        "desatencion": (4, 20),
        "confusion": (4, 20),
        "rechazo": (7, 35),
        "interferencia": (4, 20),
        "descontrol": (9, 45),
        "total": (28, 140),
    },
    "brs_6": {"total": (1, 5)},
    "covid_concern": {"concern": (1, 4)},
    "satisfaction": {"overall_satisfaction": (0, 10)},
}

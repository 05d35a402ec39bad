"""Many participants at once, written in bulk: for tests of numbers, where the services would take minutes."""

from trial.enrolment.models import Cohort, CohortPlace, Consent, Outcome, Screening, SociodemographicAnswers
from trial.people.encryption import blind_index
from trial.people.models import ContactDetails, Participant


def make_crowd(cohort: Cohort, number: int) -> list[Participant]:
    """So many people more who have had a place since the cohort's first wave opened: crowd-1@example.org and so on."""
    since = cohort.waves.earliest("opens_at").opens_at
    trial, version = cohort.trial, cohort.trial.version_in_force()
    have = trial.participants.count()
    people = Participant.objects.bulk_create(
        Participant(trial=trial, code=f"P-{have + count:03d}", language="en", created_at=since)
        for count in range(1, number + 1)
    )
    of = [{"participant": person} for person in people]
    addresses = [f"crowd-{have + count}@example.org" for count in range(1, number + 1)]
    ContactDetails.objects.bulk_create(
        ContactDetails(**each, trial=trial, email=email, email_index=blind_index(email))
        for each, email in zip(of, addresses, strict=True)
    )
    signed = {"protocol_version": version, "language": "en", "text_sha256": "0" * 64, "name_sha256": "0" * 64}
    for document in version.protocol.consent_documents:
        consents = Consent.objects.bulk_create(
            Consent(**each, **signed, document=document.id, version=document.version, statements=[], given_at=since)
            for each in of
        )
    answered = {"protocol_version": version, "answers": {}, "submitted_at": since}
    screenings = Screening.objects.bulk_create(
        Screening(**each, **answered, consent=consent, outcome=Outcome.PASSED)
        for each, consent in zip(of, consents, strict=True)
    )
    SociodemographicAnswers.objects.bulk_create(
        SociodemographicAnswers(**each, **answered, screening=screening)
        for each, screening in zip(of, screenings, strict=True)
    )
    CohortPlace.objects.bulk_create(CohortPlace(**each, cohort=cohort, joined_at=since) for each in of)
    return people

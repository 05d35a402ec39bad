"""The audit trail in words."""

from django import template
from django.utils.translation import gettext_lazy as _

from trial.audit.models import AuditEntry
from trial.people.models import Role
from trial.protocol.models import Stage

register = template.Library()

SENTENCES = {
    "trial.created": _("Trial created"),
    "trial.stage_moved": _("Stage: %(stage)s"),
    "protocol.draft_saved": _("Draft %(number)s of the protocol saved"),
    "protocol.put_in_force": _("Version %(number)s of the protocol put in force"),
    "member.added": _("Member added: %(role)s"),
    "member.ended": _("Role ended: %(role)s"),
    "participant.registered": _("Participant registered:"),
    "link.asked_for": _("Personal link asked for:"),
    "link.issued": _("Personal link made for"),
    "contact.corrected": _("Contact details corrected of"),
    "protocol.draft_discarded": _("Draft %(number)s of the protocol discarded"),
    "wordings.pack_loaded": _("Wording pack %(number)s loaded"),
    "wordings.pack_adopted": _("Wording pack %(number)s used from now on"),
    "wordings.signed_for": _("Signed for wordings that are not validated"),
    "link.revoked": _("Personal links revoked of"),
    "consent.given": _("Consent given, version %(version)s:"),
    "screening.passed": _("Screening: may take part:"),
    "screening.failed": _("Screening: not eligible:"),
    "screening.waiting": _("Screening: waits for a judgement:"),
    "screening.reopened": _("Screening opened again:"),
    "criterion.judged": _("Criterion judged:"),
    "sheet.submitted": _("Sheet about the person filled in:"),
    "participant.withdrew": _("Withdrawn:"),
    "wave.extended": _("Wave “%(wave)s” of cohort %(cohort)s extended to %(last_day)s"),
    "wave.extended_for": _("Wave “%(wave)s” extended to %(last_day)s for"),
    "mail.refused": _("Refused by the guard “%(guard)s”"),
    "mail.tried_again": _("A mail that had failed tried again:"),
    "mail.hour_chosen": _("Hour of our mails chosen:"),
    "mail_text.written": _("Own words for a mail put in force: %(mail)s, %(language)s"),
    "mail_text.house": _("Own words for a mail given up: %(mail)s, %(language)s"),
    "mail_text.refused": _("Refused by the guard “%(guard)s”"),
    "list.sealed": _("List %(number)s of places sealed, root %(root)s"),
    "participant.allocated": _("Place of list %(number)s given to"),
    "participant.told": _("Group told to"),
    "allocation.asked_again": _("Asked for a place once more, and given the same:"),
    "allocation.flagged": _("Flagged as entered in error:"),
    "allocation.flag_confirmed": _("Flag “entered in error” confirmed:"),
    "allocation.refused": _("Allocation refused by the guard “%(guard)s”"),
    "withdrawal.seen": _("Withdrawal seen:"),
    "consent.approved": _("Consent texts said to be approved by the ethics committee"),
    "enrolment.refused": _("Refused by the guard “%(guard)s”"),
    "cohort.opened": _("Cohort %(cohort)s opened, %(people)s waiting"),
    "cohort.moved": _("Cohort %(cohort)s given other dates"),
    "cohort.closed": _("Cohort %(cohort)s closed, %(people)s on the list, commitment %(commitment)s"),
    "cohort.drawn": _("Cohort %(cohort)s drawn, %(people)s people, receipt %(receipt)s"),
    "cohort.told": _("Cohort %(cohort)s told, %(people)s people"),
    "programme.groups_formed": _("Sessions of cohort %(cohort)s set"),
    "programme.crossover_groups_formed": _("Sessions set for those of cohort %(cohort)s who waited"),
    "programme.group_led": _("Said who leads a group of cohort %(cohort)s"),
    "programme.session_moved": _("Session %(session)s of cohort %(cohort)s moved"),
    "programme.attendance_taken": _("Attendance of session %(session)s of cohort %(cohort)s taken"),
    "programme.crossed_over": _("People of cohort %(cohort)s crossed over"),
    "programme.refused": _("Refused by the guard “%(guard)s”"),
    "wave.refused": _("Refused by the guard “%(guard)s”"),
    "stage.refused": _("Refused by the guard “%(guard)s”"),
    "unmasking.refused": _("Refused by the guard “%(guard)s”"),
    "unmasking.asked": _("Unmasking of the trial asked for"),
    "unmasking.confirmed": _("Unmasking of the trial confirmed by a second person"),
    "unmasking.emergency": _("One group opened in an emergency:"),
    "masking.slipped": _("A group slipped out:"),
    "safety.case_opened": _("A threshold was reached, and a safety case opened:"),
    "safety.case_taken": _("Safety case taken:"),
    "safety.case_handed_over": _("Safety case handed over:"),
    "safety.case_escalated": _("Safety case not taken in time, told above:"),
    "safety.attempt_noted": _("Attempt to reach somebody noted:"),
    "safety.case_closed": _("Safety case closed:"),
    "safety.refused": _("Refused by the guard “%(guard)s”"),
    "mail.tested": _("Test mail asked for"),
    "receipts.replayed": _("Receipts replayed from outside of the database: %(receipts)s"),
    "report.asked_for": _("Report %(number)s asked for"),
    "report.finished": _("Report %(number)s complete"),
    "report.failed": _("Report %(number)s failed"),
    "report.refused": _("Report refused by the guard “%(guard)s”"),
    "session.opened": _("Pages opened by"),
    "second_factor.removed": _("Second factor removed from the shell:"),
    "account.password_changed": _("Password changed:"),
    "account.password_reset": _("Password set by mail:"),
    "account.password_set": _("Password set:"),
    "account.totp_activated": _("Second factor set up:"),
    "account.totp_deactivated": _("Second factor removed:"),
    "account.recovery_codes_generated": _("Recovery codes made:"),
}


@register.filter
def sentence(entry: AuditEntry) -> str:
    """What happened, in the reader's language; an action without a sentence shows its name."""
    words = dict(entry.data)
    if "role" in words:
        words["role"] = Role(words["role"]).label
    if "stage" in words:
        words["stage"] = Stage(words["stage"]).label
    return str(SENTENCES.get(entry.action, entry.action)) % words

"""An amendment is told as places with the value before and after."""

from trial.protocol.difference import Change, differences
from trial.protocol.reading import read


def after(cct_text, instruments, edit, *edits):
    for an_edit in edits:
        cct_text = edit(cct_text, *an_edit)
    return read(cct_text.encode(), instruments=instruments)


def test_same_protocol_has_no_difference(cct):
    assert differences(cct, cct) == ()


def test_comment_is_no_difference_though_the_hash_is_another(cct, cct_text, instruments):
    commented = read(f"# one more\n{cct_text}".encode(), instruments=instruments)

    assert differences(cct, commented) == ()
    assert commented.sha256 != cct.sha256


def test_changed_values_stand_by_id_and_language_in_file_order(cct, cct_text, instruments, edit):
    amended = after(
        cct_text,
        instruments,
        edit,
        ('id = "post"\nname', "window_days = 7", "window_days = 10"),
        ('id = "post"\nname', "opens_at = 09:00:00", "opens_at = 12:30:00"),
        ("short_name.es", '"Estudio sobre la compasión"', '"Compasión"'),
    )

    assert differences(cct, amended) == (
        Change("short_name.es", "Estudio sobre la compasión", "Compasión"),
        Change("waves[post].opens_at", "09:00", "12:30"),
        Change("waves[post].window_days", "7", "10"),
    )


def test_entry_put_in_front_is_only_an_addition(cct, cct_text, instruments, edit):
    new = '[[rewards]]\nid = "tea"\nname = { en = "Tea", es = "Té" }\n'
    new += 'given_after = "post"\nalso_after_withdrawal = false\n\n[[rewards]]'
    amended = after(cct_text, instruments, edit, ("[[rewards]]", "[[rewards]]", new))

    assert differences(cct, amended) == (
        Change("rewards[tea].id", "", "tea"),
        Change("rewards[tea].name.en", "", "Tea"),
        Change("rewards[tea].name.es", "", "Té"),
        Change("rewards[tea].given_after", "", "post"),
        Change("rewards[tea].also_after_withdrawal", "", "no"),
    )


def test_what_was_taken_away_stands_at_the_end(cct, cct_text, instruments, edit):
    amended = after(
        cct_text,
        instruments,
        edit,
        ("[messages]", "session_reminder_hours = [24]\n", ""),
        ("[retention]", "backups_days = 35", "backups_days = 30"),
        ('id = "as_published"', 'leaves_out = ["withdrew_before_start"]', ""),
    )

    assert differences(cct, amended) == (
        Change("messages.session_reminder_hours", "24", ""),
        Change("retention.backups_days", "35", "30"),
        Change("analysis.sets[as_published].leaves_out", "withdrew_before_start", ""),
    )

"""The page of a trial's team."""

from questionnaires import clock
from tests import factories
from trial.people.models import Role, User


def test_people_of_one_name_and_role_stand_in_the_order_in_which_they_came(trial, as_staff):
    client = as_staff(factories.make_member(trial, Role.PI))
    users = [User.objects.create(email=f"{number}@example.org", name="Ana Vega") for number in range(40)]
    for user in users:
        trial.memberships.create(user=user, role=Role.MONITOR, created_at=clock.now())
    for user in users[:20]:  # a row that is written anew moves within its table
        user.save(update_fields=["last_login"])
        trial.memberships.get(user=user).save(update_fields=["created_at"])

    page = client.get(f"/t/{trial.slug}/team/").content.decode()

    assert sorted(users, key=lambda user: page.index(f">{user.email}<")) == users

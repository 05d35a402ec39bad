

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trial', '0003_participant_respondent'),
    ]

    operations = [
        migrations.AddField(
            model_name='outgoingmail',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]

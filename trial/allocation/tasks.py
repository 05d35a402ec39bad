import logging

from celery import shared_task

from trial.allocation import services
from trial.allocation.models import Allocation
from trial.messages.tasks import send_soon
from trial.protocol.models import Trial

logger = logging.getLogger(__name__)


@shared_task
def tell_allocated() -> None:
    """What was cut off between somebody's place and their letter is finished here. One trial holds up no other."""
    waiting = Allocation.objects.filter(list__isnull=False, told_at__isnull=True)
    for trial in Trial.objects.filter(pk__in=waiting.values("trial")):
        try:
            services.tell_allocated(trial=trial, actor=None)
        except services.AllocationRefused:
            logger.exception("Those who have a place could not be told")
        else:
            send_soon()

"""Put the contracts on a chain, resumably, and prove what stands there."""

from chainsvc.deployment.audit import audit
from chainsvc.deployment.deploy import Deployment, DeploymentBroken, PlanChanged, WrongChain, deploy
from chainsvc.deployment.plan import Plan, tallystick

__all__ = [
    "Deployment",
    "DeploymentBroken",
    "Plan",
    "PlanChanged",
    "WrongChain",
    "audit",
    "deploy",
    "tallystick",
]

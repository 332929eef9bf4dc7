"""Every exchange is held against Discord's own description of its API (openapi.json, MIT)."""

import functools
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.support.discord.deviations import QUERY, allowed, as_described
from tests.support.discord.model import ApiError, Json

DESCRIPTION = Path(__file__).parent / "openapi.json"
BASE = "urn:discord"

counted: Counter[str] = Counter()
"""How many exchanges of this run were held against the description, by operation."""


@dataclass(frozen=True)
class Exchange:
    """A request under a path of the description."""

    method: str
    path: str
    query: dict[str, str]
    body: Any

    @property
    def name(self) -> str:
        """The operation."""
        return f"{self.method} {self.path}"


@functools.cache
def description() -> Json:
    """Return Discord's description."""
    read: Json = json.loads(DESCRIPTION.read_text())
    return read


@functools.cache
def _registry() -> Registry[Any]:
    """Return what resolves references within the description."""
    resource = Resource.from_contents(description(), default_specification=DRAFT202012)
    return Registry().with_resource(BASE, resource)


@functools.cache
def _validator(pointer: str) -> Validator:
    """Return the validator for one schema of the description."""
    return Draft202012Validator({"$ref": f"{BASE}#{pointer}"}, registry=_registry())


def _pointer(*parts: str) -> str:
    """Return a JSON pointer."""
    return "".join("/" + each.replace("~", "~0").replace("/", "~1") for each in parts)


def faults(pointer: str, value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return what of a value the description does not allow, each fault with its place."""
    found = []
    for error in _validator(pointer).iter_errors(value):
        worst = best_match([error]) or error
        place = "/".join(str(part) for part in worst.absolute_path)
        found.append(f"{place or 'the whole'}: {worst.message[:300]}")
    return found


@dataclass
class Validation:
    """What one stand-in found; a test that ends with findings has failed."""

    findings: list[str] = field(default_factory=list)
    exchanges: int = 0

    def deviate(self, finding: str) -> None:
        """Keep a finding that is not known."""
        if not allowed(finding):
            self.findings.append(finding)

    def forgive(self) -> list[str]:
        """Return the findings so far and forget them: for a test that is about one."""
        found, self.findings = self.findings, []
        return found

    def request(self, exchange: Exchange) -> None:
        """Refuse a request that the description does not allow, as Discord does, and keep it."""
        found = [*self._query(exchange), *self._body(exchange)]
        kept = [f"{exchange.name} asked {each}" for each in found]
        kept = [each for each in kept if not allowed(each)]
        self.findings += kept
        if kept:
            told = [{"code": "DESCRIPTION", "message": each} for each in kept]
            raise ApiError(400, 50035, "Invalid Form Body", errors={"_errors": told})

    def _operation(self, exchange: Exchange) -> Json:
        """Return what the description says of an operation; nothing when it knows it not."""
        item = description()["paths"].get(exchange.path, {})
        found: Json = item.get(exchange.method.lower(), {})
        return found

    def _query(self, exchange: Exchange) -> list[str]:
        """Return the faults of a query: unknown names and bad values."""
        operation = self._operation(exchange)
        known = {e["name"]: n for n, e in enumerate(operation.get("parameters", []))}
        found = []
        for name, value in exchange.query.items():
            if name not in known:
                if (exchange.name, name) in QUERY:
                    continue
                found.append(f"{name}: no such thing in the query")
                continue
            place = _pointer(
                "paths",
                exchange.path,
                exchange.method.lower(),
                "parameters",
                str(known[name]),
                "schema",
            )
            schema = operation["parameters"][known[name]]["schema"]
            found += [f"{name}: {each}" for each in faults(place, _typed(value, schema))]
        return found

    def _body(self, exchange: Exchange) -> list[str]:
        """Return the faults of a body."""
        operation = self._operation(exchange)
        if "requestBody" not in operation or exchange.body is None:
            return [] if exchange.body is None or not operation else ["a body, and there is none"]
        where = ("requestBody", "content", "application/json", "schema")
        place = _pointer("paths", exchange.path, exchange.method.lower(), *where)
        return faults(place, as_described(exchange.body))

    def answer(self, exchange: Exchange, status: int, body: Any) -> None:  # noqa: ANN401 - JSON
        """Keep what of the stand-in's own answer the description does not allow."""
        self.exchanges += 1
        counted[exchange.name] += 1
        responses = self._operation(exchange).get("responses")
        if responses is None:
            self.deviate(f"{exchange.name} is not in the description")
            return
        key = next((each for each in (str(status), "4XX") if each in responses), None)
        if key is None or (key == "4XX" and not 400 <= status < 500):
            self.deviate(f"{exchange.name} answered {status}, which the description does not know")
        elif status == 204:
            pass
        elif "$ref" in responses[key]:
            place = responses[key]["$ref"].removeprefix("#")
            self._answered(exchange, status, f"{place}/content/application~1json/schema", body)
        else:
            place = _pointer("paths", exchange.path, exchange.method.lower(), "responses", key)
            self._answered(exchange, status, f"{place}/content/application~1json/schema", body)

    def _answered(self, exchange: Exchange, status: int, pointer: str, body: Any) -> None:  # noqa: ANN401 - JSON
        """Keep the faults of an answer."""
        for each in faults(pointer, body):
            self.deviate(f"{exchange.name} answered {status} with {each}")


def _typed(value: str, schema: Json) -> Any:  # noqa: ANN401 - JSON
    """Return a value of a query as the JSON that it stands for."""
    kinds = schema.get("type")
    if kinds == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kinds == "boolean":
        # seen: discord.py writes 1, hikari true
        return {"1": True, "0": False, "true": True, "false": False}.get(value.lower(), value)
    return value

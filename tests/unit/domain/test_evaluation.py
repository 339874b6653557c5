"""AuthZEN's question becomes ours or is refused, and what stands above a list completes each of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Denied, Invalid
from vault.base.ids import CustomerId
from vault.domain.decision.evaluation import Circumstances, Deed, Entity, Evaluation, Evaluations, question
from vault.domain.decision.question import Question

CUSTOMER = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
PLAIN = Evaluation(
    subject=Entity(type="client", id="fernhill.crm"),
    action=Deed(name="contact"),
    resource=Entity(type="customer", id=CUSTOMER),
    context=Circumstances(purpose="sales", channel="email"),
)
TOP = ("subject", "action", "resource", "context")


def asked(evaluation: Evaluation) -> Question:
    return question(evaluation, client_id="fernhill.crm")


def test_the_question_is_about_this_customer_this_purpose_and_this_channel() -> None:
    assert asked(PLAIN) == Question(purpose="sales", channel="email", customer=CUSTOMER)


@pytest.mark.parametrize(
    "subject",
    [
        Entity(type="client", id="fernhill.shop"),
        Entity(type="client", id="fernhill.crm "),
        Entity(type="Client", id="fernhill.crm"),
        Entity(type="user", id="fernhill.crm"),
        Entity(type="", id=""),
    ],
)
def test_a_client_asks_for_itself_alone(subject: Entity) -> None:
    with pytest.raises(Denied, match="subject_not_client"):
        asked(msgspec.structs.replace(PLAIN, subject=subject))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": Deed(name="can_read")}, "unknown_action"),
        ({"action": Deed(name="")}, "unknown_action"),
        ({"resource": Entity(type="document", id=CUSTOMER)}, "unknown_resource"),
        ({"resource": Entity(type="customer", id="123")}, "unknown_resource"),
        ({"resource": Entity(type="customer", id=f"{CUSTOMER}\n")}, "unknown_resource"),
        ({"resource": Entity(type="customer", id=CUSTOMER.replace("cus_", "ctp_"))}, "unknown_resource"),
        ({"context": None}, "incomplete_context"),
        ({"context": Circumstances(purpose="sales")}, "incomplete_context"),
        ({"context": Circumstances(channel="email")}, "incomplete_context"),
    ],
)
def test_what_nobody_can_ask_here_is_refused_by_name(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        asked(msgspec.structs.replace(PLAIN, **changes))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "name", "x"]), inner),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from(["type", "id", "name", "properties"]), JSON, max_size=4)
ITEMS = st.dictionaries(st.sampled_from([*TOP, "more"]), OBJECTS | JSON, max_size=5) | JSON


@given(above=st.fixed_dictionaries({}, optional=dict.fromkeys(TOP, OBJECTS)), items=st.lists(ITEMS, max_size=4))
def test_each_of_a_list_is_completed_by_what_stands_above_and_by_nothing_else(
    above: dict[str, Any], items: list[Any]
) -> None:
    each = Evaluations(**above, evaluations=tuple(items)).each()
    assert len(each) == max(1, len(items))
    for one, completed in zip(items, each, strict=False):
        if not isinstance(one, dict):
            assert completed == one
            continue
        assert isinstance(completed, dict)
        assert set(completed) == {name for name in TOP if one.get(name) is not None or name in above}
        for name in completed:
            own = one.get(name)
            if own is None:
                assert completed[name] == above[name]
            elif name == "context" or not isinstance(own, dict) or name not in above:
                assert completed[name] == own
            else:
                required = {part: above[name][part] for part in ("type", "id", "name") if part in above[name]}
                assert completed[name] == {**required, **own}


@pytest.mark.parametrize("evaluations", [None, ()])
def test_without_a_list_what_stands_above_is_the_one_evaluation(evaluations: tuple[()] | None) -> None:
    assert Evaluations(subject={"type": "client"}, evaluations=evaluations).each() == [{"subject": {"type": "client"}}]


@pytest.mark.parametrize(
    ("options", "semantic"),
    [
        (None, "execute_all"),
        ({}, "execute_all"),
        ({"evaluations_semantic": None, "more": 1}, "execute_all"),
        ({"evaluations_semantic": "deny_on_first_deny"}, "deny_on_first_deny"),
    ],
)
def test_all_are_carried_out_unless_the_options_say_otherwise(options: Any, semantic: str) -> None:
    assert msgspec.convert({"options": options}, Evaluations).semantic == semantic

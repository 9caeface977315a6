"""What is odd about a street network, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from spatial.diagnosis import Amount, Diagnosis

Language = Literal["zh", "en"]

_SHOWN_ISLANDS: Final = 3
_SHOWN_CLASSES: Final = 6
_LAYERS: Final[Mapping[str, Mapping[Language, str]]] = MappingProxyType(
    {
        "districts": MappingProxyType({"zh": "居住区", "en": "districts"}),
        "facilities": MappingProxyType({"zh": "设施", "en": "facilities"}),
    }
)


def diagnosis_lines(diagnosis: Diagnosis, *, lang: Language) -> list[str]:
    """Tell a diagnosis in a few lines."""
    if lang == "zh":
        lines = [
            (
                f"路网：节点 {diagnosis.nodes:,} 个，边 {diagnosis.edges:,} 条，"
                f"总长 {_km(diagnosis.length_m)} 公里"
            ),
            _components_zh(diagnosis),
            (
                f"断头 {diagnosis.dead_ends:,} 处，其中 {diagnosis.undershoots:,} 处"
                f"距另一条路不超过 {diagnosis.gap_m:g} 米而未相接"
            ),
        ]
    else:
        lines = [
            (
                f"Network: {diagnosis.nodes:,} nodes, {diagnosis.edges:,} edges, "
                f"{_km(diagnosis.length_m)} km"
            ),
            _components_en(diagnosis),
            (
                f"{diagnosis.dead_ends:,} dead ends, of which {diagnosis.undershoots:,} lie within "
                f"{diagnosis.gap_m:g} m of a street they do not join"
            ),
        ]
    lines += [_classes(diagnosis, lang), _kinds(diagnosis, lang)]
    for name, snapped in diagnosis.snapped.items():
        if snapped.share is None:
            continue
        layer = _LAYERS[name][lang]
        lines.append(
            f"{layer} {snapped.places:,} 处中 {snapped.within:,} 处（{snapped.share:.1%}）"
            f"距道路不超过 {snapped.limit_m:g} 米"
            if lang == "zh"
            else f"{snapped.within:,} of {snapped.places:,} {layer} ({snapped.share:.1%}) "
            f"lie within {snapped.limit_m:g} m of a street"
        )
    return lines


def diagnosis_warnings(diagnosis: Diagnosis, *, source: str, lang: Language) -> list[str]:
    """Tell what is wrong, if anything is: large parts that do not touch, ends that just miss."""
    lines = []
    if diagnosis.in_pieces:
        lines.append(
            f"{source}：有 {diagnosis.sizeable} 片路网互不相接（各占总长 1 % 以上，"
            f"最大一片占 {diagnosis.largest_share:.1%}），从一片走不到另一片；"
            f"另一片在 {_island_places(diagnosis)}"
            if lang == "zh"
            else f"{source}: {diagnosis.sizeable} networks that do not touch, each of more than "
            f"1 % of the length (the largest {diagnosis.largest_share:.1%}): nobody walks from "
            f"one to another; another lies at {_island_places(diagnosis)}"
        )
    if diagnosis.undershoots:
        first = diagnosis.undershoot_places[0]
        lines.append(
            f"{source}：{diagnosis.undershoots:,} 处断头距另一条路不超过 {diagnosis.gap_m:g} 米"
            f"而未相接，如 {first.lon:.6f},{first.lat:.6f}（差 {first.gap_m:.2f} 米）"
            if lang == "zh"
            else f"{source}: {diagnosis.undershoots:,} dead ends lie within {diagnosis.gap_m:g} m "
            f"of a street they do not join, such as {first.lon:.6f},{first.lat:.6f} "
            f"({first.gap_m:.2f} m short)"
        )
    return lines


def _components_zh(diagnosis: Diagnosis) -> str:
    if diagnosis.components == 1:
        return "连成一片"
    return (
        f"分为互不相接的 {diagnosis.components:,} 片，"
        f"最大一片占总长 {diagnosis.largest_share:.2%}；其余最大的：{_island_list(diagnosis)}"
    )


def _components_en(diagnosis: Diagnosis) -> str:
    if diagnosis.components == 1:
        return "All of it hangs together"
    return (
        f"{diagnosis.components:,} parts that do not touch, the largest with "
        f"{diagnosis.largest_share:.2%} of the length; the next: {_island_list(diagnosis)}"
    )


def _island_list(diagnosis: Diagnosis) -> str:
    return "; ".join(
        f"{_km(island.length_m)} km @ {island.lon:.6f},{island.lat:.6f}"
        for island in diagnosis.islands[:_SHOWN_ISLANDS]
    )


def _island_places(diagnosis: Diagnosis) -> str:
    shown = diagnosis.islands[: min(diagnosis.sizeable - 1, _SHOWN_ISLANDS)]
    return "; ".join(f"{island.lon:.6f},{island.lat:.6f}" for island in shown)


def _classes(diagnosis: Diagnosis, lang: Language) -> str:
    none = "无等级" if lang == "zh" else "no class"
    named = list(diagnosis.by_class.items())
    shown = [f"{name or none} {_km(amount.length_m)}" for name, amount in named[:_SHOWN_CLASSES]]
    rest = sum(amount.length_m for _, amount in named[_SHOWN_CLASSES:])
    if rest:
        shown.append(f"{'其他' if lang == 'zh' else 'others'} {_km(rest)}")
    return (
        f"{'各等级长度（公里）：' if lang == 'zh' else 'Kilometres by class: '}{', '.join(shown)}"
    )


def _kinds(diagnosis: Diagnosis, lang: Language) -> str:
    kinds: tuple[tuple[str, str, Amount], ...] = (
        ("台阶", "steps", diagnosis.steps),
        ("桥", "bridges", diagnosis.bridges),
        ("隧道", "tunnels", diagnosis.tunnels),
        ("步行单行", "one-way on foot", diagnosis.one_way),
    )
    if lang == "zh":
        return "，".join(f"{zh} {amount.edges:,} 条" for zh, _, amount in kinds)
    return "Edges: " + ", ".join(f"{amount.edges:,} {en}" for _, en, amount in kinds)


def _km(metres: float) -> str:
    return f"{metres / 1000:,.1f}"

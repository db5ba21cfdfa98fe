"""What `vitx data show` says of objects and of maps of classes, as tables and as JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitxplain.data.sample import DataSet
    from vitxplain.data.tools.object_counts import ObjectCounts


def object_record(data: "DataSet", counts: "ObjectCounts") -> dict[str, Any]:
    """The keys `objects` and `class_map`, where the data have such."""
    record: dict[str, Any] = {}
    if data.object_labels:
        record["objects"] = [
            {
                "name": name,
                "objects": counts.objects[label],
                "images": counts.images[label],
                "with_mask": counts.masked[label],
                "ignored": counts.ignored[label],
                "height": [size[0] for size in counts.sizes.get(label, ())],
                "width": [size[1] for size in counts.sizes.get(label, ())],
            }
            for label, name in enumerate(data.object_labels)
        ]
    if data.map_labels:
        record["class_map"] = [
            {"name": name, "images": counts.map_images[number], "share": round(counts.share(number), 6)}
            for number, name in enumerate(data.map_labels)
        ]
    return record


def print_objects(data: "DataSet", counts: "ObjectCounts") -> None:
    """A table of objects and one of the maps, where the data have such."""
    from vitxplain.cli.shared.console import out, print_table, printable

    console = out()
    if data.object_labels:
        rows = [
            (
                printable(name),
                f"{counts.objects[label]:,}",
                f"{counts.images[label]:,}",
                _span(counts, label),
                f"{counts.masked[label]:,}",
                f"{counts.ignored[label]:,}",
            )
            for label, name in enumerate(data.object_labels)
        ]
        print_table(["Object", "Objects", "Images", "Height × width", "With mask", "Ignored"], rows, console)
    if data.map_labels:
        map_rows = [
            (printable(name), f"{counts.map_images[number]:,}", f"{100 * counts.share(number):.1f}%")
            for number, name in enumerate(data.map_labels)
        ]
        print_table(["Class of pixels", "Images", "Share of pixels"], map_rows, console)


def _span(counts: "ObjectCounts", label: int) -> str:
    """From the least to the greatest box."""
    if label not in counts.sizes:
        return "-"
    least, greatest = counts.sizes[label]
    sides = (
        f"{low:.0f}" if low == high else f"{low:.0f}-{high:.0f}" for low, high in zip(least, greatest, strict=True)
    )
    return " × ".join(sides)

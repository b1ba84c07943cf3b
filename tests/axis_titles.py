"""Which axes of a figure say nothing of what they measure."""


def untitled(fig):
    """Return ``"panel 2: y"`` for each axis with data and without a title.

    A title counts for all panels of its row or column that share the axis, one of the whole figure
    for all; pictures, colour bars and axes that are not drawn need none.
    """
    found = []
    whole = {"x": fig.get_supxlabel(), "y": fig.get_supylabel()}
    for number, ax in enumerate(fig.axes, start=1):
        if not ax.axison or not ax.has_data() or hasattr(ax, "_colorbar") or _is_picture(ax):
            continue
        for name, shared in (("x", ax.get_shared_x_axes()), ("y", ax.get_shared_y_axes())):
            axis = ax.xaxis if name == "x" else ax.yaxis
            if not axis.get_visible() or whole[name]:
                continue
            group = [ax, *_beside(fig, ax, name, shared)]
            if not any(getattr(one, f"get_{name}label")() for one in group):
                found.append(f"panel {number}: {name}")
    return found


def _is_picture(ax):
    return bool(ax.images) or any(type(one).__name__ == "QuadMesh" for one in ax.collections)


def _beside(fig, ax, name, shared):
    """Return the panels of the same row (of y) or column (of x) that share the axis."""
    spot = ax.get_subplotspec()
    for other in fig.axes:
        there = other.get_subplotspec()
        if other is ax or spot is None or there is None or not shared.joined(ax, other):
            continue
        mine, its = (spot.colspan, there.colspan) if name == "x" else (spot.rowspan, there.rowspan)
        if mine == its:
            yield other

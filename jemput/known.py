"""Whether what somebody names is registered; a mistyped name is answered with those there are."""

from jemput.registry import Registry


def check_site(registry: Registry, site: str) -> str:
    """Return the id of a site. Raises `ValueError`, naming those there are."""
    if site not in registry.sites:
        there = ", ".join(sorted(registry.sites))
        told = f"there are {there}" if there else "`jemput registry import` makes sites"
        raise ValueError(f"there is no site {site}: {told}")
    return site

import { useEffect, useState } from "preact/hooks";

export const VIEWS = ["season", "jobs", "lineups", "players", "teams", "schedules", "sources"] as const;
export type View = (typeof VIEWS)[number];

/**
 * The view that the page shows, with its parameters. The address holds the whole route, so a route can be shared. `view` is null if the
 * address names no view.
 */
export type Route = { view: View | null; id: string | null; query: URLSearchParams };

/** Decodes a part of a path. Returns the part unchanged if its encoding is invalid. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function read(url: URL = new URL(location.href)): Route {
  const [view, id] = url.pathname.split("/").filter(Boolean).map(decoded);
  return {
    view: view === undefined ? "season" : (VIEWS.find((each) => each === view) ?? null),
    id: id ?? null,
    query: url.searchParams,
  };
}

/** Returns the address of a view. The address keeps the current league and environment unless `changes` replaces or removes them. */
export function address(
  view: View,
  id: string | null = null,
  changes: Readonly<Record<string, string | null>> = {},
): string {
  const here = new URL(location.href);
  const query = new URLSearchParams();
  for (const name of ["league", "env"]) {
    const value = here.searchParams.get(name);
    if (value !== null) query.set(name, value);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return `/${view}${id === null ? "" : `/${encodeURIComponent(id)}`}${text && `?${text}`}`;
}

export function go(to: string, { isReplacing = false }: { isReplacing?: boolean } = {}): void {
  if (isReplacing) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Returns the current route, and renders again when the route changes. Opens the page's own links without a reload. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => read());
  useEffect(() => {
    const follow = () => setRoute(read());
    const click = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.("a[href^='/']");
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      const to = link?.getAttribute("href");
      if (!to || !isPlain || link?.hasAttribute("download") || to.startsWith("/graphql")) return;
      event.preventDefault();
      go(to);
    };
    addEventListener("popstate", follow);
    addEventListener("click", click);
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener("click", click);
    };
  }, []);
  return route;
}

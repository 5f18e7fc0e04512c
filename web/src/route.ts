import { useEffect, useState } from "preact/hooks";

export const VIEWS = ["season", "jobs", "lineups", "players", "teams", "schedules", "sources"] as const;
export type View = (typeof VIEWS)[number];

/** Where the page is: its address says it all, so that it can be shared. No view has the address where it is null. */
export type Route = { view: View | null; id: string | null; query: URLSearchParams };

/** A part of a path as it was meant; as it stands where somebody has cut it. */
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

/** The address of a view; what every view goes by stays: the league and the environment. */
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

/** The address as it is, followed. Links of the page's own are followed without loading it anew. */
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

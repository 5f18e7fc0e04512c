import type { Metric } from "../jobs/metrics.ts";

/** Counts the requests that this process answers. The number of different labels stays small, whatever clients send. */
export type Traffic = {
  note(request: { path: string; status: number }): void;
  metrics(): Metric[];
};

const ROUTES = new Set([
  "graphql",
  "export",
  "health",
  "healthz",
  "readyz",
  "metrics",
  "login",
  "logout",
  "assets",
  "connect",
]);

export function createTraffic(): Traffic {
  const counted = new Map<string, { route: string; status: string; requests: number }>();
  return {
    note({ path, status }) {
      const first = path.split("/")[1] ?? "";
      const route = ROUTES.has(first) ? first : "page";
      const [key, group] = [`${route} ${Math.floor(status / 100)}`, `${Math.floor(status / 100)}xx`];
      const entry = counted.get(key) ?? { route, status: group, requests: 0 };
      entry.requests++;
      counted.set(key, entry);
    },
    metrics: () => [
      {
        name: "lineup_ledger_http_requests_total",
        help: "Requests that this process has answered, by route and class of status.",
        type: "counter",
        samples: [...counted.values()].map(({ route, status, requests }) => ({
          labels: { route, status },
          value: requests,
        })),
      },
    ],
  };
}

/** Returns a gauge without labels. */
export const gauge = (name: string, help: string, value: number): Metric => ({
  name: `lineup_ledger_${name}`,
  help,
  type: "gauge",
  samples: [{ value }],
});

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** Returns metrics in Prometheus' text format, version 0.0.4. */
export function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels = {}, value }) => {
      const all = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      return `${name}${all.length > 0 ? `{${all.join(",")}}` : ""} ${value}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

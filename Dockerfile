# Lineup Ledger on Node. docs/deploying.md says how to run it; compose.yaml runs it beside sqld.

# Pinned to the digest of the index of all platforms, so a build in a year starts from the same files as one today.
ARG NODE_IMAGE=node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

# Builds the dashboard with the development tools, which the final image does not contain.
FROM ${NODE_IMAGE} AS web
WORKDIR /app
COPY package.json package-lock.json schema.graphql tsconfig.json ./
COPY scripts ./scripts
COPY web ./web
RUN npm ci --no-audit --no-fund

FROM ${NODE_IMAGE}

WORKDIR /app
COPY package.json package-lock.json ./
# npm installs TypeScript and the Cloudflare types as peers of valibot and drizzle. The server never uses them, so they are removed.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/typescript node_modules/@typescript node_modules/@cloudflare node_modules/.bin/tsc

COPY drizzle ./drizzle
COPY src ./src
COPY bin ./bin
COPY --from=web /app/web/dist ./web/dist

# The volume holds the embedded database. HOST lets others reach the server, so it does not start without API_TOKENS.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATABASE_URL=file:/data/ledger.db
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 4000

HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Runs Node itself, so a stop signal reaches it. It then finishes the dates under way and releases its jobs.
STOPSIGNAL SIGTERM
CMD ["node", "src/runtimes/node.ts"]

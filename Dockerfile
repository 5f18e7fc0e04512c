# Lineup Ledger on Node. docs/deploying.md says how to run it; compose.yaml runs it beside sqld.

# By its digest, that of all platforms' index, so that a build today and one in a year start from the same files.
ARG NODE_IMAGE=node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

# The dashboard is built here, with the tools of development, which the image itself does without.
FROM ${NODE_IMAGE} AS web
WORKDIR /app
COPY package.json package-lock.json schema.graphql tsconfig.json ./
COPY scripts ./scripts
COPY web ./web
RUN npm ci --no-audit --no-fund

FROM ${NODE_IMAGE}

WORKDIR /app
COPY package.json package-lock.json ./
# valibot and drizzle may use the two that are taken out, so that npm installs them; the server never does.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/typescript node_modules/@typescript node_modules/@cloudflare node_modules/.bin/tsc

COPY drizzle ./drizzle
COPY src ./src
COPY bin ./bin
COPY --from=web /app/web/dist ./web/dist

# The embedded database is kept in the volume; HOST makes others reach it, so that API_TOKENS is wanted at the start.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATABASE_URL=file:/data/ledger.db
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 4000

HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Node itself, so that a stop reaches it: it finishes the dates under way and gives its jobs back.
STOPSIGNAL SIGTERM
CMD ["node", "src/runtimes/node.ts"]

# One image for every role; what it runs is the command: node main.ts role <role>.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY bin ./bin
# The embedded engines are optional dependencies: an installation that has servers does without them.
RUN npm ci --omit=optional --omit=dev && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production AW_HOST=0.0.0.0 AW_PORT=8080 AW_DATA_DIR=/data
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY . .
USER node
EXPOSE 8080
CMD ["node", "main.ts", "--help"]

/**
 * ClickHouse's HTTP interface as far as our client uses it, with the real engine (chDB) behind it: statement in the body or in `query`, rows in
 * the body then, settings and `param_` values in the address. Whatever else is asked for is refused, so that a test cannot pass by luck.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createChdbConnection } from 'chdb/connection'

/** Settings of the HTTP server itself, which the engine does not know. */
const HTTP_ONLY = new Set(['wait_end_of_query', 'query_id', 'database', 'query', 'enable_http_compression', 'session_id', 'role'])

/** Starts it over a directory, on this port or a free one. */
export async function startClickHouseHttp(path: string, port = 0): Promise<{ url: string; close(): Promise<void> }> {
  const connection = createChdbConnection({ path })
  let turn: Promise<unknown> = Promise.resolve()
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
      if (pathname !== '/' || (request.method !== 'POST' && request.method !== 'GET')) return response.writeHead(404).end()
      const run = turn.then(() => connection.chdb.queryAsync(statementOf(searchParams, body), { format: 'JSONEachRow' }))
      turn = Promise.allSettled([run])
      return run.then(
        (result) => response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(result.bytes()),
        (error: unknown) => response.writeHead(500, { 'x-clickhouse-exception-code': '1' }).end(error instanceof Error ? error.message : String(error)),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await connection.close()
    },
  }
}

function statementOf(search: URLSearchParams, body: string): string {
  const statement = search.get('query')
  const settings = [...search].filter(([name]) => !HTTP_ONLY.has(name)).map(([name, value]) => {
    if (!/^\w+$/.test(name)) throw new Error(`no setting: ${name}`)
    return `set ${name} = '${value.replace(/[\\']/g, '\\$&')}'; `
  })
  return `${settings.join('')}${statement === null ? body : `${statement}\n${body}`}`
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

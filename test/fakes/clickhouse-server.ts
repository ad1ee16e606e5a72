/** `node test/fakes/clickhouse-server.ts <directory> <port>`: ClickHouse's HTTP interface as a process of its own, for programs that share one. */
import { startClickHouseHttp } from './clickhouse-http.ts'

const [directory, port] = process.argv.slice(2)
if (directory === undefined || port === undefined) throw new Error('usage: clickhouse-server.ts <directory> <port>')
const server = await startClickHouseHttp(directory, Number(port))
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)))

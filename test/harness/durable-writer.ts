/**
 * A process that writes durable rows for ever and says each on standard output once it is answered; the suite kills it in the middle.
 * Argument: the options of openDatabase as JSON, without the clock.
 */
import { systemClock } from '../../schemas/clock.ts'
import { openDatabase } from '../../storage/postgres/database.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { url?: string; dataDir?: string }
const database = await openDatabase({ ...options, clock: systemClock })
for (let turn = 1; ; turn++) {
  await database.transaction((sql) => sql.query('insert into installation (key, value) values ($1, $2)', [`durable-${turn}`, Buffer.from('v')]), { durable: true })
  process.stdout.write(`${turn}\n`)
}

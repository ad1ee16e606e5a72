/** A process that changes the master key of a data directory one row at a time, telling each and waiting for a word before the next, so that a test can kill it anywhere. */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { systemClock } from '../../schemas/clock.ts'
import { nextMasterKey, placeNextMasterKey, readSecrets } from '../../app/parts/secrets.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import { reseal } from '../../storage/reseal.ts'

const dataDir = process.argv[2] ?? ''
const words = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const step = async (word: string): Promise<void> => {
  process.stdout.write(`${word}\n`)
  await words.next()
}

const database = await openDatabase({ dataDir, clock: systemClock })
const { masterKey } = readSecrets({ adminToken: null, masterKey: null, masterKeyPrevious: null, dataDir })
if (nextMasterKey(dataDir) === null) {
  const key = randomBytes(32)
  placeNextMasterKey(dataDir, key)
  masterKey.use([key, ...masterKey.keys])
}
await step('placed')
await reseal(database, masterKey, { batchRows: 1, after: (done) => step(`sealed ${done}`) })
await step('all')

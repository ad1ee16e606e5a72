/** A member of group `shared` on topic `t` in a process of its own; tells its parent of each record that it handled. Told `stop`, it leaves. */
import { systemClock } from '../../schemas/clock.ts'
import { openKafkaLog } from '../../storage/kafka/log.ts'

const [brokers = ''] = process.argv.slice(2)
const log = await openKafkaLog({ brokers: [brokers], epoch: 1, clock: systemClock, report: (error) => process.send?.({ report: error.message }) })
const consumption = await log.consume({
  group: 'shared', topic: 't',
  assigned: async (partition) => {
    process.send?.({ assigned: partition })
    return (await log.committed('shared', 't')).get(partition) ?? 0
  },
  batch: async (partition, records) => {
    for (const record of records) process.send?.({ partition, value: record.value.toString() })
    await log.commit('shared', 't', partition, (records.at(-1)?.offset ?? -1) + 1)
  },
  revoked: (partition) => process.send?.({ revoked: partition }),
  failed: (error) => process.send?.({ failed: error.message }),
})
process.on('message', () => {
  void consumption.stop().then(() => log.close()).then(() => process.exit(0))
})
process.send?.({ ready: true })

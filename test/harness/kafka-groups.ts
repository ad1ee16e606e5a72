/** How far Kafka's consumer groups have come and who is in them. A group of ours has one group on the brokers for each topic it reads. */
import { AssignerProtocol, Kafka, logLevel, type Admin } from 'kafkajs'

/** Partitions that each member of the group holds, by the group's member ids; null while the group is being arranged. */
export async function membersOf(brokers: string, group: string, topic: string): Promise<ReadonlyMap<string, number> | null> {
  return asking(brokers, async (admin) => {
    const { groups: [found] } = await admin.describeGroups([`${group}.${topic}`])
    if (found?.state !== 'Stable') return null
    return new Map(found.members.map(({ memberId, memberAssignment }) => {
      const assignment = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}
      return [memberId, Object.values(assignment).flat().length]
    }))
  })
}

/** Next offsets that a group has committed in a topic, by partition; absent where none. */
export async function committedBy(brokers: string, group: string, topic: string): Promise<ReadonlyMap<number, number>> {
  return asking(brokers, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId: `${group}.${topic}`, topics: [topic] })
    return new Map((found?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0).map(({ partition, offset }) => [partition, Number(offset)]))
  })
}

/** Records of a topic that a group has not committed yet. */
export async function lagOf(brokers: string, group: string, topic: string): Promise<number> {
  const committed = await committedBy(brokers, group, topic)
  return asking(brokers, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic)
    return ends.reduce((lag, { partition, high, low }) => lag + Number(high) - (committed.get(partition) ?? Number(low)), 0)
  })
}

async function asking<T>(brokers: string, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 1_000, retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 } }).admin()
  await admin.connect()
  try {
    return await ask(admin)
  } finally {
    await admin.disconnect()
  }
}

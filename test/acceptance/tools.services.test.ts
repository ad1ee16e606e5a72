/**
 * The story: an MSP has clients with monitoring programs of every age. Each is set up by the page we give for it, as Debian ships the program and as
 * nobody here wrote it; the thing it watches goes away and comes back, and a technician sees one incident that opens and closes.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IncidentView } from '../../schemas/views.ts'
import { admin, keyWorks, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import type { Company } from '../harness/sender.ts'
import { dataFolder } from '../services/service.ts'
import { icinga } from '../services/tools/icinga.ts'
import { monit } from '../services/tools/monit.ts'
import { nagios } from '../services/tools/nagios.ts'
import { netdata } from '../services/tools/netdata.ts'
import { prometheus, prometheusWithAlertmanager } from '../services/tools/prometheus.ts'
import { Marker } from '../services/tools/tool.ts'
import { zabbix } from '../services/tools/zabbix.ts'

let program: Program
let api: Client
let folder: string
/** Undoes what was begun, last first, also where the beginning failed half way. */
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  const place = dataFolder('tools', undefined)
  folder = place.dataDir
  undo.push(place.remove)
  // Some tools give up root and must still get at their own folder in here.
  chmodSync(folder, 0o755)
  program = await Program.up()
  undo.push(() => program.remove())
  await program.start()
  api = admin(program)
})
afterAll(async () => {
  for (const step of undo.reverse()) await step()
})

const tools = [icinga, monit, nagios, netdata, prometheus, prometheusWithAlertmanager, zabbix]

describe.each(tools.map((tool) => ({ name: tool.name ?? tool.source, tool })))('$name', ({ name, tool }) => {
  it('opens one incident for what it sees, and closes it when that is over', async () => {
    const company = await onboard(program, `Client with ${name}`)
    const integration = await program.api<Company>('POST', `/api/companies/${company.id}/integrations`, { source: tool.source, requireHmac: false })
    await keyWorks(program, integration, tool.source)
    const own = join(folder, name.replaceAll(' ', '-'))
    mkdirSync(own)
    const marker = new Marker(own)
    const running = await tool.start({ folder: own, marker, url: `${program.url}/api/webhooks/${tool.source}`, key: integration.apiKey })
    try {
      const incidents = (): Promise<readonly IncidentView[]> => api.incidents(`&company=${company.id}`)
      marker.take()
      const opened = await until('it has opened an incident', async () => (await incidents()).find(({ status }) => status === 'open'))
      expect(opened.severity).toBe(tool.expected.severity)
      const { problems } = await api.incident(opened.id)
      expect(problems).toMatchObject([{ asset: tool.expected.asset, signature: tool.expected.signature, source: tool.source }])
      marker.put()
      await until('the incident is resolved', async () => (await incidents()).every(({ status }) => status === 'resolved'))
      expect(await incidents()).toHaveLength(1)
    } finally {
      await running.stop()
    }
    const balance = await settledBalance(program, company.id, 2)
    expect(balance).toMatchObject({ difference: 0, inFlight: 0, rejected: 0 })
  })
})

import { createSocket } from 'node:dgram'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { guide } from '../../../processors/sources/netdata/guide.ts'
import { ensureDebian } from '../packages.ts'
import { freePort } from '../ports.ts'
import { program } from '../program.ts'
import { pasted, type Tool } from './tool.ts'

const PLUGINS = '/usr/lib/netdata/plugins.d'
const OFF = ['proc', 'diskspace', 'cgroups', 'tc', 'idlejitter', 'timex', 'checks', 'go.d', 'python.d', 'charts.d', 'apps', 'ebpf', 'slabinfo', 'nfacct', 'perf', 'enable running new plugins']
const SEND_EVERY_MS = 100

/** Debian's Netdata agent, with the notification function of the guide. While the marker is there we send it statsd gauges; its alarm is that none come. */
export const netdata: Tool = {
  source: 'netdata',
  expected: { asset: hostname(), signature: 'marker_gone', severity: 'critical' },
  async start(place) {
    const command = await ensureDebian('netdata', ['netdata-core', 'netdata-plugins-bash', 'curl'])
    const { folder, marker } = place
    const [config, stock] = ['conf', 'stock'].map((name) => join(folder, name)) as [string, string]
    for (const path of [config, stock, join(config, 'health.d'), ...['log', 'lib', 'cache'].map((name) => join(folder, name))]) mkdirSync(path)
    const [web, statsd] = [await freePort(), await freePort()]
    const settings = {
      global: { 'run as user': userInfo().username },
      directories: { config, 'stock config': stock, log: join(folder, 'log'), lib: join(folder, 'lib'), cache: join(folder, 'cache'), registry: join(folder, 'lib'), plugins: PLUGINS, 'health config': join(config, 'health.d'), 'stock health config': stock },
      db: { mode: 'ram', 'update every': 1 }, web: { 'bind to': `127.0.0.1:${web}` }, ml: { enabled: 'no' }, statsd: { 'default port': statsd, 'bind to': `udp:127.0.0.1:${statsd}` },
      plugins: { ...Object.fromEntries(OFF.map((name) => [name, 'no'])), statsd: 'yes' },
    }
    const file = join(config, 'netdata.conf')
    writeFileSync(file, Object.entries(settings).map(([section, entries]) => [`[${section}]`, ...Object.entries(entries).map(([name, value]) => `  ${name} = ${value}`), ''].join('\n')).join('\n'))
    writeFileSync(join(config, 'health.d', 'marker.conf'), ' alarm: marker_gone\n    on: netdata.statsd_events\n  calc: $gauges\n every: 1s\n  crit: $this < 1\n  info: the marker is gone\n    to: alert-whisperer\n')
    writeFileSync(join(config, 'health_alarm_notify.conf'), `SEND_CUSTOM="YES"\nDEFAULT_RECIPIENT_CUSTOM="alert-whisperer"\n${pasted(guide, place)}\n`)
    const socket = createSocket('udp4')
    const agent = setInterval(() => {
      if (existsSync(marker.path)) socket.send('marker:1|g\n', statsd, '127.0.0.1')
    }, SEND_EVERY_MS)
    const quiet = (): void => {
      clearInterval(agent)
      socket.close()
    }
    const server = program({ name: 'Netdata', command, args: ['-D', '-c', file], logFile: join(folder, 'netdata.log'), readyWithinMs: 60_000, probe: async () => hasAlarm(web) })
    try {
      await server.start()
    } catch (thrown) {
      quiet()
      throw thrown
    }
    return {
      async stop() {
        quiet()
        await server.stop()
      },
    }
  },
}

/** Its health engine looks at the alarm and is content. */
async function hasAlarm(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/alarms?all`)
  const { alarms } = (await answer.json()) as { alarms: Record<string, { status: string }> }
  return Object.values(alarms).some(({ status }) => status === 'CLEAR')
}

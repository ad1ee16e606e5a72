import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { guide } from '../../../processors/sources/alertmanager/guide.ts'
import { start as startAlertmanager } from '../alertmanager.ts'
import { ensureDebian } from '../packages.ts'
import { freePort } from '../ports.ts'
import { program } from '../program.ts'
import { pasted, type Place, type Tool } from './tool.ts'

const EXPECTED = { asset: 'db-03:9100', signature: 'MarkerGone', severity: 'critical' }

/** Debian's Prometheus, which sends to us as to an Alertmanager. */
export const prometheus: Tool = {
  name: 'Prometheus by itself',
  source: 'alertmanager',
  expected: EXPECTED,
  async start(place) {
    const { host } = new URL(place.url)
    return startPrometheus(place, partOf(place, 'prometheus.yml').replace('scheme: https', 'scheme: http').replace('HOST:PORT', host))
  },
}

/** Debian's Prometheus and Debian's Alertmanager, which sends us its webhook. */
export const prometheusWithAlertmanager: Tool = {
  name: 'Prometheus with Alertmanager',
  source: 'alertmanager',
  expected: EXPECTED,
  async start(place) {
    const configFile = join(place.folder, 'alertmanager.yml')
    writeFileSync(configFile, `route: { receiver: alert-whisperer, group_wait: 1s, group_interval: 1s, repeat_interval: 1h }\n${partOf(place, 'alertmanager.yml')}\n`)
    const alertmanager = await startAlertmanager({ configFile })
    try {
      const server = await startPrometheus(place, `alerting: { alertmanagers: [ { static_configs: [ { targets: ["${new URL(alertmanager.url).host}"] } ] } ] }`)
      return {
        async stop() {
          await server.stop()
          await alertmanager.stop()
        },
      }
    } catch (thrown) {
      await alertmanager.stop()
      throw thrown
    }
  },
}

/** The part of the guide's body that belongs into this file. */
function partOf(place: Place, file: string): string {
  const part = pasted(guide, place).split(/^# /m).find((candidate) => candidate.startsWith(file))
  if (part === undefined) throw new Error(`the guide says nothing of ${file}`)
  return part.slice(file.length)
}

async function startPrometheus({ folder, marker }: Place, alerting: string): Promise<{ stop(): Promise<void> }> {
  const command = await ensureDebian('prometheus', ['prometheus'])
  const exporter = createServer((_request, response) => response.end(`marker{instance="${EXPECTED.asset}"} ${existsSync(marker.path) ? 1 : 0}\n`))
  await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve))
  const rules = join(folder, 'rules.yml')
  writeFileSync(rules, JSON.stringify({ groups: [{ name: 'marker', rules: [{ alert: EXPECTED.signature, expr: 'marker == 0', labels: { severity: EXPECTED.severity }, annotations: { summary: 'The marker of {{ $labels.instance }} is gone' } }] }] }))
  const configFile = join(folder, 'prometheus.yml')
  writeFileSync(configFile, [
    'global: { scrape_interval: 1s, evaluation_interval: 1s }', `rule_files: [ "${rules}" ]`,
    `scrape_configs: [ { job_name: marker, honor_labels: true, static_configs: [ { targets: [ "127.0.0.1:${(exporter.address() as AddressInfo).port}" ] } ] } ]`, alerting, '',
  ].join('\n'))
  const port = await freePort()
  const server = program({
    name: 'Prometheus', command,
    args: [`--config.file=${configFile}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--rules.alert.resend-delay=1s'],
    logFile: join(folder, 'prometheus.log'), readyWithinMs: 30_000, probe: async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok,
  })
  const stop = async (): Promise<void> => {
    await server.stop()
    exporter.closeAllConnections()
    await new Promise((resolve) => exporter.close(resolve))
  }
  try {
    await server.start()
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return { stop }
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { guide } from '../../../processors/sources/icinga/guide.ts'
import { ensureDebian, run } from '../packages.ts'
import { program } from '../program.ts'
import { pasted, type Tool } from './tool.ts'

/** Debian's Icinga 2, which runs a check every second and notifies by the objects of the guide. */
export const icinga: Tool = {
  source: 'icinga',
  expected: { asset: 'db-02', signature: 'marker', severity: 'critical' },
  async start(place) {
    const command = await ensureDebian('icinga2', ['icinga2-bin', 'icinga2-common', 'curl'])
    const { folder, marker } = place
    const directories = Object.fromEntries(['DataDir', 'LogDir', 'CacheDir', 'InitRunDir'].map((name) => [name, join(folder, name)]))
    for (const path of Object.values(directories)) mkdirSync(path)
    const file = join(folder, 'icinga2.conf')
    writeFileSync(file, `include <itl>
const NodeName = "localhost"
object Endpoint NodeName { }
object Zone NodeName {
  endpoints = [ NodeName ]
}
object CheckerComponent "checker" { }
object NotificationComponent "notification" { }
object CheckCommand "there" {
  command = [ "${marker.check}" ]
}
object CheckCommand "up" {
  command = [ "/bin/true" ]
}
${pasted(guide, place)}
object Host "db-02" {
  check_command = "up"
  check_interval = 5s
  retry_interval = 1s
  address = "127.0.0.1"
}
object Service "marker" {
  host_name = "db-02"
  check_command = "there"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}
`)
    const { username } = userInfo()
    const group = (await run('id', ['-gn'])).trim()
    const defines = Object.entries({ RunAsUser: username, RunAsGroup: group, ...directories }).map(([name, value]) => `-D${name}=${value}`)
    const server = program({ name: 'Icinga', command, args: ['daemon', '-c', file, ...defines], logFile: join(folder, 'icinga.log'), readyWithinMs: 60_000, probe: async (log) => log.includes('Activated all objects') })
    await server.start()
    return server
  },
}

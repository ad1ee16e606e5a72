import { chmodSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { guide } from '../../../processors/sources/monit/guide.ts'
import { ensureDebian } from '../packages.ts'
import { program } from '../program.ts'
import { pasted, type Tool } from './tool.ts'

/** Debian's Monit, which checks a file every second. */
export const monit: Tool = {
  source: 'monit',
  expected: { asset: hostname(), signature: 'marker nonexist', severity: 'medium' },
  async start(place) {
    const command = await ensureDebian('monit', ['monit'])
    const { folder, marker } = place
    const file = join(folder, 'monitrc')
    writeFileSync(file, [
      'set daemon 1', ...['pid', 'id', 'state'].map((name) => `set ${name}file ${join(folder, name)}`), `set eventqueue basedir ${join(folder, 'events')} slots 100`,
      // The guide is for https; the test speaks http.
      pasted(guide, place, place.url.replace('http://', '')).replace('https://', 'http://'), `check file marker with path ${marker.path}`, '  if does not exist then alert', '',
    ].join('\n'))
    chmodSync(file, 0o600)
    const server = program({ name: 'Monit', command, args: ['-I', '-c', file], logFile: join(folder, 'monit.log'), readyWithinMs: 20_000, probe: async (log) => log.includes('started') })
    await server.start()
    return server
  },
}

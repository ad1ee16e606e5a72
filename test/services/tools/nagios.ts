import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guide } from '../../../processors/sources/nagios/guide.ts'
import { ensureDebian, run } from '../packages.ts'
import { program } from '../program.ts'
import { pasted, type Tool } from './tool.ts'

const USER = 'nagios'
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

function definition(kind: string, fields: Readonly<Record<string, string | number>>): string {
  return [`define ${kind} {`, ...Object.entries(fields).map(([name, value]) => `  ${name} ${value}`), '}', ''].join('\n')
}

/** Debian's Nagios Core, which runs a check every second and notifies by the commands of the guide. */
export const nagios: Tool = {
  source: 'nagios',
  expected: { asset: 'db-01', signature: 'Marker', severity: 'critical' },
  async start(place) {
    const command = await ensureDebian('nagios4', ['nagios4-core', 'curl'])
    const { folder, marker } = place
    const always = { max_check_attempts: 1, check_period: 'always', notification_period: 'always', notification_interval: 0, contacts: 'alert-whisperer' }
    writeFileSync(join(folder, 'objects.cfg'), [
      definition('timeperiod', { timeperiod_name: 'always', alias: 'always', ...Object.fromEntries(DAYS.map((day) => [day, '00:00-24:00'])) }),
      definition('command', { command_name: 'check', command_line: marker.check }),
      definition('command', { command_name: 'up', command_line: '/bin/true' }),
      pasted(guide, place), '',
      definition('contact', {
        contact_name: 'alert-whisperer', host_notifications_enabled: 1, service_notifications_enabled: 1, host_notification_period: 'always', service_notification_period: 'always',
        host_notification_options: 'd,u,r,f', service_notification_options: 'w,u,c,r,f',
        host_notification_commands: 'notify-host-by-alert-whisperer', service_notification_commands: 'notify-service-by-alert-whisperer',
      }),
      definition('host', { host_name: 'db-01', address: '127.0.0.1', check_command: 'up', check_interval: 5, ...always }),
      definition('service', { host_name: 'db-01', service_description: 'Marker', check_command: 'check', check_interval: 1, retry_interval: 1, ...always }),
    ].join('\n'))
    const files = { log_file: 'nagios.log', cfg_file: 'objects.cfg', object_cache_file: 'objects.cache', precached_object_file: 'objects.precache', status_file: 'status', lock_file: 'pid', temp_file: 'tmp', state_retention_file: 'retention', query_socket: 'socket', command_file: 'commands' }
    writeFileSync(join(folder, 'nagios.cfg'), [
      ...Object.entries(files).map(([name, file]) => `${name}=${join(folder, file)}`), `temp_path=${folder}`, `check_result_path=${folder}`,
      'interval_length=1', 'check_result_reaper_frequency=1', 'use_syslog=0', 'enable_notifications=1', 'execute_service_checks=1', 'check_external_commands=0', 'illegal_macro_output_chars=`~$&|\'"<>', '',
    ].join('\n'))
    await own(folder)
    const server = program({ name: 'Nagios', command, args: [join(folder, 'nagios.cfg')], logFile: join(folder, 'out.log'), readyWithinMs: 30_000, user: USER, probe: async (log) => log.includes('Successfully launched command file worker') })
    await server.start()
    return server
  },
}

/** Nagios does not run as root, so its folder is its user's. */
async function own(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (what) => Number(await run('id', [what, USER]))))
  if (uid === undefined || gid === undefined) return
  chmodSync(folder, 0o755)
  for (const path of [folder, join(folder, 'nagios.cfg'), join(folder, 'objects.cfg')]) chownSync(path, uid, gid)
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { guide } from '../../../processors/sources/zabbix/guide.ts'
import { ensureDebian } from '../packages.ts'
import * as postgres from '../postgres.ts'
import { freePort } from '../ports.ts'
import { program } from '../program.ts'
import { pasted, type Place, type Tool } from './tool.ts'

const SHARE = '/usr/share/zabbix-server-pgsql'
/** What a new Zabbix database cannot do without; the rest of its data are templates. */
const NEEDED = /^INSERT INTO (role|users|usrgrp|users_groups|hstgrp|config|config_autoreg_tls) /
const HOST = 'zbx-01'
const KEY = 'marker'
const SEND_EVERY_MS = 500

/** Debian's Zabbix server on a database of its own, with the media type of the guide; the value of its one trapper item comes from us, as from an agent. */
export const zabbix: Tool = {
  source: 'zabbix',
  expected: { asset: HOST, signature: 'Marker is gone', severity: 'high' },
  async start(place) {
    const command = await ensureDebian('zabbix_server', ['zabbix-server-pgsql'])
    const database = await postgres.start()
    try {
      await fill(database.url, place)
      const port = await freePort()
      const { hostname, port: databasePort, pathname, username } = new URL(database.url)
      const settings = {
        DBHost: hostname, DBPort: databasePort, DBName: pathname.slice(1), DBUser: username, ListenIP: '127.0.0.1', ListenPort: port, LogType: 'console', PidFile: join(place.folder, 'pid'), SocketDir: place.folder,
        User: userInfo().username, AllowRoot: 1, CacheUpdateFrequency: 1, StartPollers: 1, StartTrappers: 2, StartPingers: 0, StartDiscoverers: 0, StartHTTPPollers: 0, StartPollersUnreachable: 1, StartPreprocessors: 1, StartHistoryPollers: 1, StartAlerters: 1, StartLLDProcessors: 1,
      }
      const file = join(place.folder, 'zabbix_server.conf')
      writeFileSync(file, Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(''))
      const server = program({ name: 'Zabbix', command, args: ['-f', '-c', file], logFile: join(place.folder, 'zabbix.log'), readyWithinMs: 60_000, probe: async () => (await send(port, '1')).includes('processed: 1') })
      await server.start()
      const agent = setInterval(() => {
        // An agent that cannot reach its server tries again.
        send(port, existsSync(place.marker.path) ? '1' : '0').catch(() => 'unreachable')
      }, SEND_EVERY_MS)
      return {
        async stop() {
          clearInterval(agent)
          await server.stop()
          await database.stop()
        },
      }
    } catch (thrown) {
      await database.stop()
      throw thrown
    }
  },
}

/** The schema, and what an administrator would enter: a host with an item and a trigger, the media type of the guide, and an action that uses it. */
async function fill(url: string, place: Place): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(unpacked('schema.sql.gz'))
    await client.query(unpacked('data.sql.gz').split('\n').filter((line) => NEEDED.test(line)).join('\n'))
    await client.query(`insert into hosts (hostid, host, name, name_upper) values (90001, '${HOST}', '${HOST}', '${HOST.toUpperCase()}')`)
    await client.query('insert into hosts_groups (hostgroupid, hostid, groupid) values (90001, 90001, 2)')
    await client.query(`insert into items (itemid, type, hostid, name, key_, value_type, name_upper) values (90001, 2, 90001, 'Marker', '${KEY}', 3, 'MARKER')`)
    await client.query('insert into item_rtdata (itemid) values (90001)')
    await client.query(`insert into triggers (triggerid, expression, description, priority) values (90001, '{90001}=0', 'Marker is gone', 4)`)
    await client.query(`insert into functions (functionid, itemid, triggerid, name, parameter) values (90001, 90001, 90001, 'last', '$')`)
    await client.query(`insert into media_type (mediatypeid, type, name, script) values (90001, 4, 'Alert Whisperer', $1)`, [pasted(guide, place)])
    for (const [index, [, name, macro]] of [...(guide.setup[1] ?? '').matchAll(/(\w+) (\{[^}]+\})/g)].entries()) {
      const value = macro === '{url}' ? place.url : macro === '{key}' ? place.key : macro
      await client.query('insert into media_type_param (mediatype_paramid, mediatypeid, name, value) values ($1, 90001, $2, $3)', [90_001 + index, name, value])
    }
    for (const recovery of [0, 1]) {
      await client.query(`insert into media_type_message (mediatype_messageid, mediatypeid, eventsource, recovery, subject, message) values ($1, 90001, 0, $2, $3, 'Problem name: {EVENT.NAME}')`, [90_001 + recovery, recovery, recovery === 0 ? 'Problem: {EVENT.NAME}' : 'Resolved: {EVENT.NAME}'])
    }
    await client.query(`insert into media (mediaid, userid, mediatypeid, sendto) values (90001, 1, 90001, 'alert-whisperer')`)
    await client.query(`insert into actions (actionid, name) values (90001, 'Alert Whisperer')`)
    for (const recovery of [0, 1]) {
      const id = 90_001 + recovery
      await client.query('insert into operations (operationid, actionid, operationtype, recovery) values ($1, 90001, 0, $2)', [id, recovery])
      await client.query('insert into opmessage (operationid, default_msg, mediatypeid) values ($1, 1, 90001)', [id])
      await client.query('insert into opmessage_usr (opmessage_usrid, operationid, userid) values ($1, $1, 1)', [id])
    }
  } finally {
    await client.end()
  }
}

function unpacked(file: string): string {
  return gunzipSync(readFileSync(join(SHARE, file))).toString('utf8')
}

/** Zabbix's sender protocol: a header, the length, JSON; the same comes back. */
function send(port: number, value: string): Promise<string> {
  const json = Buffer.from(JSON.stringify({ request: 'sender data', data: [{ host: HOST, key: KEY, value }] }))
  const head = Buffer.alloc(13)
  head.write('ZBXD\x01', 'latin1')
  head.writeBigUInt64LE(BigInt(json.length), 5)
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 5_000 })
    const answer: Buffer[] = []
    socket.once('connect', () => socket.write(Buffer.concat([head, json])))
    socket.on('data', (chunk) => answer.push(chunk))
    socket.once('end', () => resolve(Buffer.concat(answer).toString('latin1')))
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error('Zabbix does not answer')))
  })
}

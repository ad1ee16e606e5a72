/** Ports for programs under test. Test files run side by side, each in a process of its own, and a port is taken long before its server listens. */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [FIRST, LAST] = [20_000, 32_000]
/** A port is claimed by holding the UDP port so far below it: the kernel gives that to one process alone, and takes it back when the process ends. */
const CLAIM_BELOW = 12_000

/**
 * A port of 127.0.0.1 that is free now and that no other call answers, in this process or another, until this process ends. It lies below
 * the range from which the kernel takes the ports of outgoing connections: a client that retries on a port of that range while the server
 * is down can end up connected to itself, and then the server cannot come back.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(FIRST, LAST)
    if (await claim(port) && await isFree(port)) return port
  }
  throw new Error(`No free port between ${FIRST} and ${LAST} on 127.0.0.1: end some of the programs that listen there.`)
}

/** Claims it for as long as this process lives; false: somebody has. */
export function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const held = createSocket('udp4')
    held.once('error', () => resolve(false))
    held.bind(port - CLAIM_BELOW, '127.0.0.1', () => {
      held.unref()
      resolve(true)
    })
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

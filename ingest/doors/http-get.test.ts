import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { httpGet } from './http-get.ts'

describe('the GET of the doors', () => {
  const servers: Server[] = []

  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
  })

  async function serve(listener: RequestListener): Promise<URL> {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/certificate.pem`)
  }

  it('gives status and text', async () => {
    const url = await serve((_, response) => response.writeHead(404).end('none'))
    expect(await httpGet(url)).toEqual({ statusCode: 404, text: 'none' })
  })

  it('follows no redirect', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    await expect(httpGet(url)).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('reads no more than its limit', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(200_000)))
    await expect(httpGet(url)).rejects.toMatchObject({ code: 'engine_unavailable', message: expect.stringContaining('more than') })
  })

  it('says engine_unavailable when nobody answers', async () => {
    await expect(httpGet(new URL('http://127.0.0.1:1/'))).rejects.toMatchObject({ code: 'engine_unavailable' })
  })
})

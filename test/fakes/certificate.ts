import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** A self-signed RSA certificate as PEM, and the key that signs with it. */
export interface SelfMade {
  readonly pem: string
  readonly privateKey: KeyObject
}

/** Makes a certificate valid between two instants. Only what a reader of X.509 needs is in it; a name nobody should trust. */
export function makeCertificate(validFromMs: number, validToMs: number, commonName = 'sns.example.invalid'): SelfMade {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const sha256WithRsa = sequence(objectId('2a864886f70d01010b'), tlv(0x05, Buffer.alloc(0)))
  const name = sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(commonName)))))
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.of(1)),
    sha256WithRsa,
    name,
    sequence(time(validFromMs), time(validToMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = createSign('RSA-SHA256').update(body).sign(privateKey)
  const der = sequence(body, sha256WithRsa, tlv(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`, privateKey }
}

function tlv(tag: number, value: Buffer): Buffer {
  const length = value.length < 128 ? Buffer.of(value.length) : value.length < 256 ? Buffer.of(0x81, value.length) : Buffer.of(0x82, value.length >> 8, value.length & 0xff)
  return Buffer.concat([Buffer.of(tag), length, value])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'))
}

/** GeneralizedTime, YYYYMMDDHHMMSSZ. */
function time(atMs: number): Buffer {
  return tlv(0x18, Buffer.from(`${new Date(atMs).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

import { expect, it } from 'vitest'
import { readDefaultMessage } from './default-message.ts'

it('takes the default message of a monitor apart', () => {
  expect(readDefaultMessage('Disk - Low Space FAILED on Acme\\FS01 at Head office for C: result 3 GB.')).toEqual({ name: 'Disk - Low Space', status: 'firing', client: 'Acme', computer: 'FS01', location: 'Head office', field: 'C:', result: '3 GB' })
})

it('finds the client after the last " on " before the backslash', () => {
  expect(readDefaultMessage('Backup on demand SUCCESS on Acme\\FS01 at Utrecht for Job result ok.')).toMatchObject({ name: 'Backup on demand', status: 'resolved', client: 'Acme' })
})

it('reads a message that ends early as far as it goes', () => {
  expect(readDefaultMessage('Ping FAILED on Acme\\FS01.')).toMatchObject({ name: 'Ping', computer: 'FS01', location: null, result: null })
})

it.each(['', 'CPU is high', 'Update installed on Acme\\FS01', ' on \\', ' on '.repeat(2_000)])('leaves every other text alone: %j', (text) => {
  expect(readDefaultMessage(text)).toBeNull()
})

import protobuf from 'protobufjs/light.js'
import { AppError } from '../../schemas/errors.ts'

/**
 * The part of opentelemetry-proto (collector/logs/v1, logs/v1, common/v1, resource/v1) that logs need, field for field with its numbers. The official
 * JavaScript packages only write requests and read responses, never the other way round; so protobufjs, which they are built on, with this table.
 * Unknown fields are skipped, as protobuf wants it.
 */
const TYPES = {
  AnyValue: {
    oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'] } },
    fields: {
      stringValue: { type: 'string', id: 1 }, boolValue: { type: 'bool', id: 2 }, intValue: { type: 'int64', id: 3 }, doubleValue: { type: 'double', id: 4 },
      arrayValue: { type: 'ArrayValue', id: 5 }, kvlistValue: { type: 'KeyValueList', id: 6 }, bytesValue: { type: 'bytes', id: 7 },
    },
  },
  ArrayValue: { fields: { values: { rule: 'repeated', type: 'AnyValue', id: 1 } } },
  KeyValueList: { fields: { values: { rule: 'repeated', type: 'KeyValue', id: 1 } } },
  KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
  Resource: { fields: { attributes: { rule: 'repeated', type: 'KeyValue', id: 1 } } },
  Scope: { fields: { name: { type: 'string', id: 1 }, version: { type: 'string', id: 2 }, attributes: { rule: 'repeated', type: 'KeyValue', id: 3 } } },
  LogRecord: {
    fields: {
      timeUnixNano: { type: 'fixed64', id: 1 }, observedTimeUnixNano: { type: 'fixed64', id: 11 }, severityNumber: { type: 'int32', id: 2 }, severityText: { type: 'string', id: 3 },
      body: { type: 'AnyValue', id: 5 }, attributes: { rule: 'repeated', type: 'KeyValue', id: 6 }, traceId: { type: 'bytes', id: 9 }, spanId: { type: 'bytes', id: 10 }, eventName: { type: 'string', id: 12 },
    },
  },
  ScopeLogs: { fields: { scope: { type: 'Scope', id: 1 }, logRecords: { rule: 'repeated', type: 'LogRecord', id: 2 } } },
  ResourceLogs: { fields: { resource: { type: 'Resource', id: 1 }, scopeLogs: { rule: 'repeated', type: 'ScopeLogs', id: 2 } } },
  ExportLogsServiceRequest: { fields: { resourceLogs: { rule: 'repeated', type: 'ResourceLogs', id: 1 } } },
}

const REQUEST = protobuf.Root.fromJSON({ nested: TYPES }).lookupType('ExportLogsServiceRequest')

/** An ExportLogsServiceRequest in protobuf as the value its JSON form has: 64-bit numbers as text, bytes in base64. Throws `payload_invalid`. */
export function parseOtlpLogs(body: Buffer): unknown {
  try {
    // The library stops at 100 levels of nesting itself.
    return REQUEST.toObject(REQUEST.decode(body), { longs: String, bytes: String })
  } catch (error) {
    // It throws plain errors of several kinds, all of which mean that these bytes are no such message.
    if (error instanceof Error) throw new AppError('payload_invalid', 'the body is no ExportLogsServiceRequest in protobuf', { cause: error })
    throw error
  }
}

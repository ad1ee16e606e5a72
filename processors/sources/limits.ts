/** Alerts read from one delivery; the rest is one Rejected that says how many. */
export const ALERTS_MAX = 5_000
/** UTF-16 units of the messages and labels of all alerts of a delivery: eight times the largest body. */
export const DELIVERY_CHARS_MAX = 8_388_608
/** Labels kept of one alert, in the vendor's order. */
export const LABELS_MAX = 64
/** UTF-16 units of a label's name. */
export const LABEL_NAME_MAX = 128
/** UTF-16 units of a label's value. */
export const LABEL_VALUE_MAX = 1_024
/** UTF-16 units of a title, which is one line. */
export const TITLE_MAX = 1_024
/** UTF-16 units of a message. */
export const MESSAGE_MAX = 4_096
/** UTF-16 units of an asset's name. */
export const ASSET_MAX = 512
/** UTF-16 units of a signature. */
export const SIGNATURE_MAX = 512
/** UTF-16 units of an external id; a longer one keeps its start and ends in a hash of the whole. */
export const EXTERNAL_ID_MAX = 1_024
/** Levels of nesting a body may have. */
export const DEPTH_MAX = 64
/** Fields a form body may have, and keys a flattened payload is indexed by. */
export const FIELDS_MAX = 1_000

/** What is read of Syncro's records; everything may be absent or null. */

/** A ticket, as listed or read alone; lists leave out timers. */
export interface SyncroTicket {
  readonly id?: number | null
  readonly number?: number | string | null
  readonly subject?: string | null
  readonly status?: string | null
  readonly priority?: string | null
  readonly customer_id?: number | null
  readonly user_id?: number | null
  readonly user?: SyncroUser | null
  readonly parent_id?: number | null
  readonly created_at?: string | null
  readonly updated_at?: string | null
  readonly ticket_timers?: readonly SyncroTimer[] | null
}

/** A comment. Hidden ones are for technicians only. */
export interface SyncroComment {
  readonly id?: number | null
  readonly subject?: string | null
  readonly body?: string | null
  readonly tech?: string | null
  readonly hidden?: boolean | null
  readonly user_id?: number | null
  readonly created_at?: string | null
}

/** Time spent on a ticket. */
export interface SyncroTimer {
  readonly id?: number | null
  readonly notes?: string | null
}

/** A technician. */
export interface SyncroUser {
  readonly id?: number | null
  readonly full_name?: string | null
  readonly email?: string | null
}

/** A customer. */
export interface SyncroCustomer {
  readonly id?: number | null
  readonly business_name?: string | null
  readonly business_then_name?: string | null
  readonly fullname?: string | null
  readonly email?: string | null
  readonly disabled?: boolean | null
}

/** An asset. */
export interface SyncroAsset {
  readonly id?: number | null
  readonly name?: string | null
  readonly asset_serial?: string | null
}

/** What a token may do, as `/me` tells it. */
export interface SyncroMe {
  readonly user_id?: number | null
  readonly user_name?: string | null
  readonly admin?: boolean | null
  readonly permissions?: Readonly<Record<string, Readonly<Record<string, boolean | null>> | null>> | null
}

/** Settings of tickets in an account. */
export interface SyncroSettings {
  readonly ticket_status_list?: readonly (string | null)[] | null
  readonly ticket_types?: readonly unknown[] | null
  readonly users?: readonly { readonly id?: number | null; readonly name?: string | null }[] | null
}

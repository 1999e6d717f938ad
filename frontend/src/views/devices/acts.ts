/** What a person can do to a device; each is the last part of its address. */
export type DeviceAct = 'lock' | 'unlock' | 'revoke' | 'bind' | 'fence' | 'delete-template' | 'fail'

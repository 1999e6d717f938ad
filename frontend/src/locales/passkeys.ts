import { bilingual } from './bilingual'

/** Passkeys: registered in the settings, used to sign in and to confirm. */
export default bilingual(
  {
    title: '通行密钥',
    lead: '用指纹、面容或安全密钥代替动态口令。每次只对所确认的一件事有效。',
    none: '尚未登记通行密钥。',
    add: '登记通行密钥',
    name: '名称',
    created: '登记日期',
    used: '最近使用',
    never: '未使用',
    blocked: '已停用：计数倒退，可能已被复制',
    remove: '删除',
    use: '使用通行密钥',
    declined: '未完成通行密钥验证。请重试，或改用动态口令。',
    unsupported: '当前浏览器或地址不支持通行密钥，须使用 https 或本机地址。',
  },
  {
    title: 'Passkeys',
    lead: 'A fingerprint, face or security key in place of the code. Each confirmation counts for one act.',
    none: 'No passkey yet.',
    add: 'Add a passkey',
    name: 'Name',
    created: 'Added',
    used: 'Last used',
    never: 'not used',
    blocked: 'Blocked: its count went back, a copy may exist',
    remove: 'Remove',
    use: 'Use a passkey',
    declined: 'The passkey was not confirmed. Try again, or use a code.',
    unsupported: 'This browser or address cannot use passkeys; they need https or this machine.',
  },
)

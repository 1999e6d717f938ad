import { bilingual } from './bilingual'

/** Signing in through somebody outside who vouches. */
export default bilingual(
  {
    title: '其他登录方式',
    with: '使用{name}登录',
    scan: '请用电子营业执照扫描此码并确认。确认后仍须验证动态口令。',
    scanLabel: '电子营业执照扫码',
    refused: '您在电子营业执照中未予确认。',
    expired: '此码已过期，请重新获取。',
    licence: '电子营业执照',
    licenceLead: '关联后可扫码代替密码登录，仍须验证动态口令。只能关联本单位、本人持有的执照。',
    link: '关联',
    unlink: '解除关联',
    linkedSince: '已关联，自',
    notLinked: '尚未关联。',
    returning: '正在核验身份',
    failed: '未能登录',
    again: '返回登录',
  },
  {
    title: 'Other ways to sign in',
    with: 'Sign in with {name}',
    scan: 'Scan this code with the electronic business licence and confirm. Your second factor is asked for afterwards.',
    scanLabel: 'Code for the business licence',
    refused: 'You did not confirm in the licence.',
    expired: 'This code has run out. Ask for another.',
    licence: 'Electronic business licence',
    licenceLead: 'Once linked, a scan stands for your password; the second factor is still asked for. Only your own licence of this organization can be linked.',
    link: 'Link',
    unlink: 'End the link',
    linkedSince: 'Linked since',
    notLinked: 'Not linked.',
    returning: 'Checking who you are',
    failed: 'Not signed in',
    again: 'Back to sign-in',
  },
)

import { describe, expect, it } from 'vitest'
import { editableAmount, fenRate, readAmount, sayAmount, saySize, understandAmount, yuanRate } from '@/formats/amount'
import { clockOf, exactTime, sayDeadline, sayDuration, sayTime } from '@/formats/time'

describe('amounts', () => {
  it('are written with separators and unit', () => {
    expect(sayAmount(128_000_000, 'CNY', 'zh')).toBe('1,280,000.00 元')
    expect(sayAmount(5, 'CNY', 'zh')).toBe('0.05 元')
    expect(sayAmount(-100, 'CNY', 'en')).toBe('CNY -1.00')
    expect(sayAmount(5, 'USD', 'zh')).toBe('USD 0.05')
    expect(sayAmount(1_280_000, 'JPY', 'zh')).toBe('JPY 1,280,000')
    expect(sayAmount(null, 'CNY', 'zh')).toBe('未填写金额')
  })

  it('are read as people type them', () => {
    expect(readAmount('1,280,000')).toBe(128_000_000)
    expect(readAmount('¥ 12.5')).toBe(1250)
    expect(readAmount('300,000.00 元')).toBe(30_000_000)
    expect(readAmount('')).toBeNull()
    for (const wrong of ['12.345', 'abc', '-5', '1e5', '12345678901234']) expect(readAmount(wrong)).toBeUndefined()
  })

  it('are understood in 万 and 亿 and in full-width signs, and said to be wrong or too large', () => {
    const read = { '150万': 150_000_000, '1.5亿元': 15_000_000_000, '１，５００，０００．００': 150_000_000, '1亿5000万': 15_000_000_000, '人民币 3.00001万元整': 3_000_010 }
    for (const [text, minor] of Object.entries(read)) expect(understandAmount(text)).toEqual({ minor, fault: null })
    expect(readAmount('10万亿')).toBe(10 ** 15)
    for (const large of ['99999999999999999999', '10000000000000.01', '11万亿']) expect(understandAmount(large).fault).toBe('large')
    for (const wrong of ['1,5', '1,50,000', '万', '5万1亿', '1.0000001万', '1..5', '5万万', '1百', '12万e']) expect(understandAmount(wrong).fault).toBe('wrong')
    expect(readAmount('1.5万', 'JPY')).toBe(15_000)
  })

  it('survive being edited', () => {
    expect(readAmount('12.5', 'JPY')).toBeUndefined()
    for (const minor of [0, 7, 1_280_000]) expect(readAmount(editableAmount(minor, 'JPY'), 'JPY')).toBe(minor)
    for (const minor of [0, 7, 100, 99_999_999_999]) expect(readAmount(editableAmount(minor))).toBe(minor)
  })

  it('say sizes', () => {
    expect(saySize(900)).toBe('900 B')
    expect(saySize(200 * 1024 * 1024)).toBe('200.0 MB')
  })
})

describe('times', () => {
  const noon = Date.parse('2026-11-24T12:00:00+08:00')

  it('are said as on a clock in Beijing', () => {
    expect(sayTime(Date.parse('2026-11-24T00:05:00+08:00'), noon, 'zh')).toBe('今天 00:05')
    expect(sayDeadline(Date.parse('2026-12-05T00:00:00+08:00'), noon, 'zh')).toBe('12月4日 24:00')
    expect(sayDeadline(Date.parse('2026-11-25T00:00:00+08:00'), noon, 'en')).toBe('today 24:00')
    expect(sayDeadline(Date.parse('2026-12-05T09:00:00+08:00'), noon, 'zh')).toBe('12月5日 09:00')
    expect(sayTime(Date.parse('2026-11-23T23:59:00+08:00'), noon, 'zh')).toBe('昨天 23:59')
    expect(sayTime(Date.parse('2026-11-25T09:30:00+08:00'), noon, 'en')).toBe('tomorrow 09:30')
    expect(sayTime(Date.parse('2026-03-08T14:05:00+08:00'), noon, 'zh')).toBe('3月8日 14:05')
    expect(sayTime(Date.parse('2025-12-03T14:05:00+08:00'), noon, 'zh')).toBe('2025年12月3日 14:05')
  })

  it('are exact on demand', () => {
    expect(exactTime(Date.parse('2026-11-24T14:05:09+08:00'))).toBe('2026-11-24 14:05:09')
  })

  it('say durations and countdowns', () => {
    expect(sayDuration(5 * 60_000, 'zh')).toBe('5 分钟')
    expect(sayDuration(-3 * 86_400_000, 'en')).toBe('3 days')
    expect(clockOf(65_000)).toBe('01:05')
    expect(clockOf(7_200_000)).toBe('2:00:00')
    expect(clockOf(-1)).toBe('00:00')
  })
})

describe('rates of other currencies', () => {
  it('are said in yuan and kept in fen', () => {
    expect(yuanRate('712.34')).toBe('7.1234')
    expect(fenRate('7.1234')).toBe('712.34')
    expect(fenRate('0.047')).toBe('4.7')
    expect(yuanRate('0.5')).toBe('0.005')
    for (const fen of ['4.7', '91', '100', '712.345678', '0.05']) expect(fenRate(yuanRate(fen))).toBe(fen)
    expect(fenRate('seven')).toBe('seven')
  })
})

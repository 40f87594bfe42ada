import t from "tap"
import {
  addressHeader, decodeAddress, decodeAttributes, decodeError, decodeLink, decodeMessages, decodeRoute, encodeAddress, encodeRequest,
  encodeRoute, IFA, IFA_F, IFLA, labelOf, linkHeader, NLM_F, NLMSG, RTA, type NetlinkMessage,
} from "../../../src/kernel/netlink.ts"

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex")

t.test("encodeRequest() writes header, fixed part and padded attributes", (t) => {
  const request = encodeRequest(NLMSG.NEWLINK, NLM_F.ACK, 7, linkHeader(5, 1, 1), [[IFLA.NET_NS_FD, 9], [IFLA.IFNAME, "eth0"]])
  t.equal(request.toString("hex"), hex(`
    34000000 1000 0500 07000000 00000000
    00000000 05000000 01000000 01000000
    0800 1c00 09000000
    0900 0300 6574683000 000000`).toString("hex"))
  t.end()
})

t.test("decodeMessages() and decodeAttributes() read what encodeRequest() writes", (t) => {
  const one = encodeRequest(NLMSG.GETLINK, 0, 1, linkHeader(3), [[IFLA.IFNAME, "a"]])
  const address = { family: 2, prefixLength: 24, scope: 253, index: 4, flags: 0x280 }
  const two = encodeRequest(NLMSG.GETADDR, NLM_F.DUMP, 2, addressHeader(address), [])
  const [first, second] = decodeMessages(Buffer.concat([one, two])) as [NetlinkMessage, NetlinkMessage]
  t.same([first.type, first.flags, first.sequence], [NLMSG.GETLINK, NLM_F.REQUEST, 1])
  t.same(decodeLink(first.payload), { index: 3, flags: 0, name: "a", master: undefined })
  t.same([second.type, second.flags, second.sequence], [NLMSG.GETADDR, NLM_F.DUMP | NLM_F.REQUEST, 2])
  t.match(decodeAddress(second.payload), { family: 2, prefixLength: 24, scope: 253, index: 4, flags: 0x80 })
  t.end()
})

t.test("a nested attribute's type is read without its flags, of two with one type the last counts", (t) => {
  const found = decodeAttributes(hex("0500 0380 41 000000 0500 0300 42 000000"))
  t.same([...found.keys()], [3])
  t.equal(found.get(3)?.toString(), "B")
  t.end()
})

t.test("lengths that contradict each other are refused", (t) => {
  t.throws(() => decodeMessages(hex("0f000000 0000 0000 00000000 00000000")), /a message of 15 bytes/)
  t.throws(() => decodeMessages(hex("20000000 0000 0000 00000000 00000000")), /a message of 32 bytes/)
  t.throws(() => decodeAttributes(hex("0300 0100")), /an attribute of 3 bytes/)
  t.throws(() => decodeAttributes(hex("0900 0100 00000000")), /an attribute of 9 bytes/)
  t.same(decodeMessages(Buffer.alloc(0)), [])
  t.end()
})

t.test("decodeError() finds the kernel's words, behind a request that is repeated or capped", (t) => {
  const words = hex("0c00 0100 64617461 62617300") // "databas"
  const header = hex("18000000 1000 0500 01000000 00000000")
  const error = (errno: number, flags: number, ...rest: Buffer[]): NetlinkMessage => {
    const head = Buffer.alloc(4)
    head.writeInt32LE(-errno)
    return { type: NLMSG.ERROR, flags, sequence: 1, payload: Buffer.concat([head, header, ...rest]) }
  }
  t.same(decodeError(error(17, NLM_F.CAPPED | NLM_F.ACK_TLVS, words)), { errno: 17, says: "databas" })
  t.same(decodeError(error(17, NLM_F.ACK_TLVS, Buffer.alloc(8), words)), { errno: 17, says: "databas" })
  t.same(decodeError(error(17, NLM_F.CAPPED)), { errno: 17, says: "" })
  t.same(decodeError(error(0, 0)), { errno: 0, says: "" })
  t.same(decodeError(error(0, NLM_F.ACK_TLVS, words)), { errno: 0, says: "databas" }, "a success repeats no request")
  t.end()
})

t.test("encodeAddress() keeps what an address is, not what became of it", (t) => {
  const old = encodeRequest(NLMSG.NEWADDR, 0, 1, addressHeader({ family: 2, prefixLength: 24, scope: 0, index: 4, flags: 0x80 }), [
    [IFA.ADDRESS, hex("0a000001")], [IFA.LOCAL, hex("0a000001")], [IFA.BROADCAST, hex("0a0000ff")], [IFA.LABEL, "eth0:1"],
    [IFA.FLAGS, IFA_F.PERMANENT | IFA_F.TENTATIVE | 0x200], [IFA.CACHEINFO, Buffer.alloc(16, 0xff)], [7, hex("01020304")],
  ])
  const address = decodeAddress((decodeMessages(old)[0] as NetlinkMessage).payload)
  t.equal(labelOf(address), "eth0:1")
  const message = decodeMessages(encodeAddress(address, 9, 3, "c0:1"))[0] as NetlinkMessage
  t.same([message.type, message.flags, message.sequence], [NLMSG.NEWADDR, NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, 3])
  const again = decodeAddress(message.payload)
  t.match(again, { family: 2, prefixLength: 24, scope: 0, index: 9, flags: 0x200 })
  t.equal(labelOf(again), "c0:1")
  for (const type of [IFA.ADDRESS, IFA.LOCAL, IFA.BROADCAST, IFA.CACHEINFO]) {
    t.same(again.attributes.get(type), address.attributes.get(type))
  }
  t.notOk(again.attributes.has(7), "IFA_MULTICAST")
  const plain = decodeMessages(encodeAddress(address, 9, 3, undefined))[0] as NetlinkMessage
  t.notOk(decodeAddress(plain.payload).attributes.has(IFA.LABEL))
  t.end()
})

t.test("encodeRoute() makes a route again over another index, without what became of it", (t) => {
  // struct rtmsg: AF_INET, /16, table 77, RTPROT_BOOT, universe, unicast, RTNH_F_LINKDOWN | RTNH_F_ONLINK
  const fixed = hex("02 10 00 00 4d 03 00 01 14000000")
  const message = encodeRequest(NLMSG.NEWROUTE, 0, 1, fixed, [
    [1, hex("0a070000")], [RTA.OIF, 4], [5, hex("0a0000fe")], [RTA.CACHEINFO, Buffer.alloc(32, 1)],
  ])
  const route = decodeRoute((decodeMessages(message)[0] as NetlinkMessage).payload)
  if (route === undefined) throw new Error("a route of ip(8) is not the kernel's own")
  t.equal(route.family, 2)
  const again = decodeMessages(encodeRoute(route, 9, 3))[0] as NetlinkMessage
  t.same([again.type, again.flags, again.sequence], [NLMSG.NEWROUTE, NLM_F.REQUEST | NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, 3])
  t.equal(again.payload.subarray(0, 12).toString("hex"), "021000004d03000104000000")
  const attributes = decodeAttributes(again.payload.subarray(12))
  t.same([...attributes.keys()].sort(), [1, RTA.OIF, 5])
  t.equal(attributes.get(RTA.OIF)?.readUInt32LE(0), 9)
  for (const protocol of [1, 2, 9]) {
    const own = Buffer.from(fixed)
    own[5] = protocol
    t.equal(decodeRoute(own), undefined, "the kernel makes it by itself")
  }
  t.end()
})

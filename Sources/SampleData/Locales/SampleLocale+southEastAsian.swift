extension SampleLocale {
    static let southEastAsian = [vietnam, thailand]

    private static let vietnam = SampleLocale(
        "VN", "VND", unitsPerEuro: 28_000, weight: 4,
        names: NameStock(
            women: "Ánh, Bích Ngọc, Diễm, Hồng Nhung, Hương, Khánh Linh, Lệ Quyên, Mỹ Duyên, Phượng, Thảo Vy, Thùy Dương, Yến",
            men: "Bảo Long, Công Minh, Đức Anh, Đạt, Gia Huy, Hữu Phước, Khải, Mạnh Hùng, Quốc Việt, Thắng, Trọng Nghĩa, Vũ",
            family: "Nguyễn, Trần, Lê, Phạm, Huỳnh, Hoàng, Phan, Võ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý",
            middle: .own(women: "Thị, Thị Kim, Ngọc", men: "Văn, Đình, Hữu"),
            titlesOfWomen: "Bà, Cô, Chị", titlesOfMen: "Ông, Anh, TS."),
        places: PlaceStock(
            cities: """
                Hà Nội | Hà Nội | 10#### | +84 24 0### ####
                Thành phố Hồ Chí Minh | TP. HCM | 70#### | +84 28 0### ####
                Đà Nẵng | Đà Nẵng | 55#### | +84 236 0## ####
                Huế | Thừa Thiên Huế | 53#### | +84 234 0## ####
                Cần Thơ | Cần Thơ | 90#### | +84 292 0## ####
                """,
            streets: "đường Hoa Sữa, phố Hàng Nón Mới, đường Bờ Kè, ngõ Cây Đa, đường Trúc Xanh, phố Giếng Cổ",
            streetLines: """
                %# $
                %#/% $
                Số %, $
                """),
        firms: FirmStock(
            stems: "Cánh Diều, Đồi Thông, Hạc Trắng, Mây Xanh, Sao Khuê, Sông Lụa, Trăng Non",
            trades: """
                Thương mại, Dệt may, Thực phẩm, Vận tải, Phần mềm, Dược phẩm
                """,
            legalForms: "Công ty TNHH, Công ty Cổ phần", order: "F T S",
            jobs: "Trưởng phòng mua hàng, Giám đốc, Kế toán, Kỹ sư phần mềm, Điều dưỡng, Nhân viên kinh doanh"),
        numbers: NumberStock(
            mobiles: "+84 90 0## ## ##, +84 900 0## ###", nationalIDs: "000#########", bankAccounts: "0000##########"),
        remarks: """
            Khách muốn nhận báo giá bằng tiếng Việt.
            Gọi lại sau Tết.
            """)

    private static let thailand = SampleLocale(
        "TH", "THB", unitsPerEuro: 38,
        names: NameStock(
            women: """
                กานดา=kanda, จันทร์เพ็ญ=chanpen, ดวงใจ=duangjai, ปิยะดา=piyada, มะลิ=mali, วิภา=wipha, ศิริพร=siriporn,
                อรทัย=orathai
                """,
            men: """
                กิตติ=kitti, ชัยวัฒน์=chaiwat, ธนา=thana, ประเสริฐ=prasert, พงษ์ศักดิ์=phongsak, วีระ=wira, สมชาย=somchai,
                อนันต์=anan
                """,
            family: """
                แก้วมณี=kaewmanee, จันทร์ดำรง=chandamrong, ทองประเสริฐ=thongprasert, บุญเรือง=bunrueang, พฤกษา=phrueksa,
                ศรีสวัสดิ์=srisawat,
                สายชล=saichon, แสงตะวัน=saengtawan, อินทรรักษ์=intharak
                """,
            titlesOfWomen: "นาง, นางสาว, ดร.", titlesOfMen: "นาย, ดร."),
        places: PlaceStock(
            cities: """
                กรุงเทพมหานคร | - | 10##0 | +66 2 0## ####
                เชียงใหม่ | เชียงใหม่ | 50##0 | +66 53 0## ###
                ขอนแก่น | ขอนแก่น | 40##0 | +66 43 0## ###
                สงขลา | สงขลา | 90##0 | +66 74 0## ###
                """,
            streets: "ถนนลีลาวดี, ซอยมะขามหวาน, ถนนริมคลอง, ถนนดอกบัว, ซอยโรงสี",
            streetLines: """
                %#/% $
                %## หมู่ % $
                """),
        firms: FirmStock(
            stems: "ฟ้าคราม=fakhram, ช้างทองคำ=changthongkham, บัวหลวง=bualuang, นกกระเรียน=nokkrarian, รุ่งอรุณ=rungarun",
            trades: "อาหาร=ahan, ขนส่ง=khonsong, ซอฟต์แวร์=software, การแพทย์=medical, ก่อสร้าง=construction",
            legalForms: "จำกัด, จำกัด (มหาชน)", order: "บริษัท ST F",
            jobs: "ผู้จัดการฝ่ายจัดซื้อ, นักบัญชี, วิศวกร, พยาบาล, พนักงานขาย, กรรมการผู้จัดการ"),
        numbers: NumberStock(
            mobiles: "+66 80 0## ####, +66 80-0##-####", nationalIDs: "0-####-#####-##-#", bankAccounts: "000-#-#####-#"),
        remarks: """
            กรุณาโทรหลังบ่ายสองโมง
            สนใจแพ็กเกจรายปี
            """)
}

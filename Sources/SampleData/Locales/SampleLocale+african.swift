extension SampleLocale {
    static let african = [nigeria, kenya]

    private static let nigeria = SampleLocale(
        "NG", "NGN", unitsPerEuro: 1700,
        names: NameStock(
            women: "Adaeze, Bọ́lá=bola, Chiamaka, Ebele, Fúnmiláyọ̀=funmilayo, Halima, Ìfẹ́=ife, Ngozi, Omolara, Yetunde, Zainab",
            men: "Abubakar, Babatunde, Chukwuemeka, Dayo, Emeka, Ìdòwú=idowu, Kelechi, Musa, Obinna, Ṣèyí=seyi, Tunde, Uche",
            family: """
                Abiodun, Adéyẹmí=adeyemi, Bello, Chukwuma, Danjuma, Eze, Folarin, Ibekwe, Kalu, Lawal, Nwachukwu,
                Ọdúnayọ̀=odunayo,
                Ogunleye, Onyekachi, Sule, Umar, Yakubu
                """,
            middle: .secondGiven, titlesOfWomen: "Mrs, Ms, Dr, Engr.", titlesOfMen: "Mr, Dr, Engr., Chief"),
        places: PlaceStock(
            cities: """
                Lagos | Lagos | 10#### | +234 1 0## ####
                Abuja | FCT | 90#### | +234 9 0## ####
                Ìbàdàn | Oyo | 20#### | +234 2 0## ####
                Kano | Kano | 70#### | +234 64 0## ###
                Enugu | Enugu | 40#### | +234 42 0## ###
                """,
            streets: "Palm Grove Road, Market Street, Iroko Close, Station Road, Harmattan Avenue, Kola Lane",
            streetLines: """
                %# $
                Plot %##, $
                No. %, $
                """),
        firms: FirmStock(
            stems: "Bluepalm, Ikenga Star, Kolanut, Ọ̀nàjìn=onajin, Savannaline, Sokoto Gate, Tàńtán=tantan, Zumarock",
            trades: "Agro, Cement, Energy, Microfinance, Telecoms, Haulage, Pharma, Fabrics", legalForms: "Ltd, Plc, Limited",
            jobs: "Branch Manager, Logistics Officer, Accountant, Pharmacist, Site Engineer, Head of Sales, Company Secretary"),
        numbers: NumberStock(
            mobiles: "+234 800 0## ####, +234 700 0## ####", nationalIDs: "00#########", bankAccounts: "00########"),
        remarks: """
            Greet properly first; business comes after.
            Ẹ kú iṣẹ́: opened the call in Yoruba and it helped.
            """)

    private static let kenya = SampleLocale(
        "KE", "KES", unitsPerEuro: 140,
        names: NameStock(
            women: "Achieng, Akinyi, Chebet, Faith, Jerono, Makena, Mwende, Nyambura, Wairimu, Wanjiru, Zawadi",
            men: "Baraka, Cheruiyot, Jabali, Kamau, Kiprono, Mumo, Mwangi, Ochieng, Otieno, Sironka, Tumaini",
            family: """
                Achwanya, Barasa, Chepkoech, Gathoni, Gitau, Juma, Kariuki, Kilonzo, Langat, Makokha, Mutiso, Ndung'u, Njoroge,
                Odhiambo, Omondi, Wambui
                """,
            middle: .secondGiven, titlesOfWomen: "Ms, Mrs, Dr, Bi.", titlesOfMen: "Mr, Dr, Bw."),
        places: PlaceStock(
            cities: """
                Nairobi | Nairobi County | 00### | +254 20 0## ####
                Mombasa | Mombasa County | 801## | +254 41 0## ####
                Kisumu | Kisumu County | 401## | +254 57 0## ####
                Eldoret | Uasin Gishu | 301## | +254 53 0## ####
                Nakuru | Nakuru County | 201## | +254 51 0## ####
                """,
            streets: "Jacaranda Road, Acacia Lane, Twiga Street, Mbuyu Avenue, Lakeview Drive, Posta Road",
            streetLines: """
                %# $
                P.O. Box %####, $
                """),
        firms: FirmStock(
            stems: "Chui Hill, Duma, Jua Kaskazi, Mlimani Blue, Ndovu Way, Savanna Loom, Tumbili, Upepo",
            trades: """
                Safaris, Coffee, Flowers, Solar, Tea Estates, Couriers, Dairies, Software
                """,
            legalForms: "Ltd, Co. Ltd, Sacco",
            jobs: "Field Officer, Procurement Officer, Farm Manager, Systems Analyst, Clinical Officer, Director, Accountant"),
        numbers: NumberStock(
            mobiles: "+254 700 0#####, +254 110 0## ###", nationalIDs: "000#####", bankAccounts: "00###########"),
        remarks: """
            Anapendelea kuzungumza Kiswahili.
            Tupigie simu baada ya saa nane mchana.
            """)
}

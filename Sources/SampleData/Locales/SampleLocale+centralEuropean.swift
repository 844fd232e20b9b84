extension SampleLocale {
    static let centralEuropean = [poland, czechia, greece, ukraine]

    private static let poland = SampleLocale(
        "PL", "PLN", unitsPerEuro: 4, weight: 4,
        names: NameStock(
            women: "Agnieszka, Bożena, Dobrosława, Elżbieta, Grażyna, Jagoda, Łucja, Małgorzata, Oliwia, Świętosława, Żaneta",
            men: "Bartłomiej, Błażej, Czesław, Gniewosz, Jędrzej, Łukasz, Mieczysław, Przemysław, Stanisław, Witold, Zbyszko",
            family: """
                Bąkiewicz, Chrząszcz, Dąbkowski, Gołębiewski, Jaśkowiak, Kręcina, Łoziński, Mączka, Niedźwiecki, Ożarowski, Pięta,
                Rzepliński, Śliwa, Wąsowski, Źrebiec, Żurawski
                """,
            familyOfWomen: """
                Bąkiewicz, Chrząszcz, Dąbkowska, Gołębiewska, Jaśkowiak, Kręcina, Łozińska, Mączka, Niedźwiecka, Ożarowska, Pięta,
                Rzeplińska, Śliwa, Wąsowska, Źrebiec, Żurawska
                """,
            middle: .secondGiven, titlesOfWomen: "Pani, dr, inż.", titlesOfMen: "Pan, dr, inż."),
        places: PlaceStock(
            cities: """
                Warszawa | mazowieckie | 00-### | +48 22 0## ## ##
                Kraków | małopolskie | 30-### | +48 12 0## ## ##
                Łódź | łódzkie | 90-### | +48 42 0## ## ##
                Gdańsk | pomorskie | 80-### | +48 58 0## ## ##
                Wrocław | dolnośląskie | 50-### | +48 71 0## ## ##
                """,
            streets: "ul. Brzozowa, ul. Świerkowa, al. Lipowa, ul. Garncarska, pl. Młyński, ul. Źródlana, os. Słoneczne",
            streetLines: """
                $ %#
                $ %#/%
                $ % m. %#
                """),
        firms: FirmStock(
            stems: "Bursztynek, Dębowy Dwór, Jaskółka, Miedziany Lis, Północnik, Srebrna Góra, Żuraw i Spółka",
            trades: """
                Budownictwo, Meble, Spedycja, Okna, Mleczarnia, Oprogramowanie, Zdrowie
                """,
            legalForms: "sp. z o.o., S.A., sp.k.",
            jobs: "Kierownik zakupów, Prezes zarządu, Księgowa, Inżynier, Pielęgniarka, Przedstawiciel handlowy, Magazynier"),
        numbers: NumberStock(
            mobiles: """
                +48 500 0## ###, +48 500-0##-###
                """,
            nationalIDs: "ymd0000#, ymd000##", bankAccounts: "PL00 #### #### #### #### #### ####"),
        remarks: """
            Prosi o kontakt wyłącznie mailowy.
            Źle znosi pośpiech; dać tydzień na decyzję.
            """)

    private static let czechia = SampleLocale(
        "CZ", "CZK", unitsPerEuro: 25,
        names: NameStock(
            women: "Alžběta, Bohuslava, Drahomíra, Eliška, Jiřina, Květa, Ludmila, Růžena, Šárka, Vendula, Žofie",
            men: "Bořivoj, Čeněk, Dalibor, Jiří, Kryštof, Luděk, Matěj, Přemysl, Řehoř, Štěpán, Zdeněk",
            family: """
                Březina, Čermáček, Dvořáček, Fišer, Hruška, Jeřábek, Kučírek, Lhoták, Mašín, Němeček, Ohnivý, Pešička, Růžek,
                Šimůnek, Tichý, Vondrák, Žďárský
                """,
            familyOfWomen: """
                Březinová, Čermáčková, Dvořáčková, Fišerová, Hrušková, Jeřábková, Kučírková, Lhotáková, Mašínová, Němečková,
                Ohnivá,
                Pešičková, Růžková, Šimůnková, Tichá, Vondráková, Žďárská
                """,
            titlesOfWomen: "paní, Ing., Mgr.", titlesOfMen: "pan, Ing., MUDr."),
        places: PlaceStock(
            cities: """
                Praha | Hlavní město Praha | 1## 00 | +420 200 0## ###
                Brno | Jihomoravský kraj | 6## 00 | +420 500 0## ###
                Plzeň | Plzeňský kraj | 3## 00 | +420 370 0## ###
                České Budějovice | Jihočeský kraj | 370 ## | +420 380 0## ###
                Ústí nad Labem | Ústecký kraj | 400 ## | +420 470 0## ###
                """,
            streets: "Višňová, Na Příkopě Starém, Pod Hájem, Zvonařská, U Tří Lip, Ke Mlýnu, Šeříková",
            streetLines: """
                $ %#
                $ %###/%#
                """),
        firms: FirmStock(
            stems: "Bílá Sova, Jantarek, Křišťálov, Lesní Cesta, Modřínek, Stříbrný Potok, Žlutý Dům",
            trades: "Sklo, Pivovar, Strojírny, Doprava, Hračky, Stavby, Lékárny", legalForms: "s.r.o., a.s., v.o.s.",
            jobs: "Vedoucí nákupu, Jednatel, Účetní, Konstruktér, Zdravotní sestra, Obchodní zástupce, Mistr výroby"),
        numbers: NumberStock(
            mobiles: """
                +420 700 0## ###, +420 600 0## ###
                """,
            nationalIDs: "ymd/000#, ymd/00##", bankAccounts: "CZ00 #### #### #### #### ####"),
        remarks: """
            Volat až po obědě, dopoledne je ve výrobě.
            Příští schůzka v kavárně U Tří Lip.
            """)

    private static let greece = SampleLocale(
        "GR", "EUR", weight: 4,
        names: NameStock(
            women: """
                Αγγελική=angeliki, Βασιλική=vasiliki, Δέσποινα=despina, Ελευθερία=eleftheria, Ζωή=zoi, Ιφιγένεια=ifigeneia,
                Καλλιόπη=kalliopi, Μυρτώ=myrto, Ξανθή=xanthi, Φωτεινή=foteini
                """,
            men: """
                Αριστείδης=aristeidis, Γεώργιος=georgios, Δημήτρης=dimitris, Ηλίας=ilias, Θεόδωρος=theodoros, Λεωνίδας=leonidas,
                Νικήτας=nikitas, Σπυρίδων=spyridon, Χαράλαμπος=charalampos, Ορέστης=orestis
                """,
            family: """
                Αμπελιώτης=ampeliotis, Βουρλάκης=vourlakis, Γαλανόπουλος=galanopoulos, Δελής=delis, Ζερβάκος=zervakos,
                Κεραμιδάς=keramidas, Λιμενίδης=limenidis, Μαυροειδής=mavroeidis, Πετρίδης=petridis, Ψαράκης=psarakis
                """,
            familyOfWomen: """
                Αμπελιώτη=ampelioti, Βουρλάκη=vourlaki, Γαλανοπούλου=galanopoulou, Δελή=deli, Ζερβάκου=zervakou,
                Κεραμιδά=keramida,
                Λιμενίδου=limenidou, Μαυροειδή=mavroeidi, Πετρίδου=petridou, Ψαράκη=psaraki
                """,
            titlesOfWomen: "Κα, Δρ.", titlesOfMen: "Κος, Δρ."),
        places: PlaceStock(
            cities: """
                Αθήνα | Αττική | 10# ## | +30 210 0## ####
                Θεσσαλονίκη | Κεντρική Μακεδονία | 54# ## | +30 2310 0#####
                Πάτρα | Δυτική Ελλάδα | 26# ## | +30 2610 0## ###
                Ηράκλειο | Κρήτη | 71# ## | +30 2810 0## ###
                """,
            streets: "Οδός Ανεμώνης, Λεωφόρος Αλκυόνων, Οδός Θυμαριού, Πλατεία Πλατάνου, Οδός Ναυπηγείου",
            streetLines: """
                $ %#
                $ %#Α
                """),
        firms: FirmStock(
            stems: "Αλκυόνη=alkyoni, Βορεινό=voreino, Γαλάζιο Κύμα=galaziokyma, Ελαιώνας=elaionas, Πεύκο=pefko, Φάρος=faros",
            trades: "Ναυτιλιακή=naftiliaki, Τρόφιμα=trofima, Τουριστική=touristiki, Τεχνική=techniki, Φαρμακευτική=farma",
            legalForms: "Α.Ε., Ε.Π.Ε., Ο.Ε.",
            jobs: "Διευθύντρια αγορών, Λογιστής, Μηχανικός, Υπεύθυνος πωλήσεων, Νοσηλεύτρια, Γραμματέας"),
        numbers: NumberStock(
            mobiles: "+30 690 0## ####, +30 6900 0#####", nationalIDs: "ΑΩ ######, ΨΩ ######",
            bankAccounts: "GR00 #### #### #### #### #### ###"),
        remarks: """
            Να μην ενοχληθεί μεταξύ δύο και πέντε.
            Ζήτησε νέα προσφορά μέχρι την Παρασκευή.
            """)

    private static let ukraine = SampleLocale(
        "UA", "UAH", unitsPerEuro: 45, weight: 5,
        names: NameStock(
            women: """
                Богдана=bohdana, Віра=vira, Ганна=hanna, Дарина=daryna, Євгенія=yevheniia, Жанна=zhanna, Зоряна=zoriana,
                Іванна=ivanna,
                Катерина=kateryna, Оксана=oksana, Соломія=solomiia, Ярина=yaryna
                """,
            men: """
                Андрій=andrii, Богдан=bohdan, Гліб=hlib, Дмитро=dmytro, Євген=yevhen, Ігор=ihor, Лук'ян=lukian, Мирослав=myroslav,
                Остап=ostap, Тарас=taras, Юрій=yurii, Ярема=yarema
                """,
            family: """
                Березовський=berezovskyi, Вишневий=vyshnevyi, Гайовий=haiovyi, Дзвінка=dzvinka, Журавленко=zhuravlenko,
                Залізняченко=zalizniachenko, Калинюк=kalyniuk, Луговий=luhovyi, Малинченко=malynchenko, Підгірний=pidhirnyi,
                Соколюк=sokoliuk, Щедрик=shchedryk
                """,
            familyOfWomen: """
                Березовська=berezovska, Вишнева=vyshneva, Гайова=haiova, Дзвінка=dzvinka, Журавленко=zhuravlenko,
                Залізняченко=zalizniachenko, Калинюк=kalyniuk, Лугова=luhova, Малинченко=malynchenko, Підгірна=pidhirna,
                Соколюк=sokoliuk, Щедрик=shchedryk
                """,
            middle: .own(
                women: "Андріївна, Богданівна, Дмитрівна, Ігорівна, Остапівна, Юріївна",
                men: "Андрійович, Богданович, Дмитрович, Ігорович, Остапович, Юрійович"),
            titlesOfWomen: "пані, д-р", titlesOfMen: "пан, д-р"),
        places: PlaceStock(
            cities: """
                Київ | - | 01### | +380 44 0## ## ##
                Львів | Львівська область | 79### | +380 32 0## ## ##
                Одеса | Одеська область | 65### | +380 48 0## ## ##
                Харків | Харківська область | 61### | +380 57 0## ## ##
                """,
            streets: "вул. Каштанова, вул. Гончарна, просп. Соняшниковий, пл. Ярмаркова, вул. Тиха, бульв. Липовий",
            streetLines: """
                $, %#
                $, %#, кв. %%
                $, буд. %
                """),
        firms: FirmStock(
            stems: "Бурштин=burshtyn, Калинка=kalynka, Лелека=leleka, Мальва=malva, Смерека=smereka, Степова Зоря=stepovazoria",
            trades: "Агро=ahro, Будсервіс=budservis, Логістика=lohistyka, Мед=med, Софт=soft, Млин=mlyn",
            legalForms: "ТОВ, ПрАТ, ФОП", order: "F «S T»",
            jobs: "Начальниця відділу закупівель, Директор, Бухгалтерка, Інженер, Медсестра, Менеджер з продажу"),
        numbers: NumberStock(
            mobiles: "+380 50 0## ## ##, +380 (67) 0##-##-##", nationalIDs: "0000######, ЯЯ ######",
            bankAccounts: "UA00 000### 00000 #### #### #### ####"),
        remarks: """
            Просить писати українською.
            Передзвонити після обіду, зранку наради.
            """)
}

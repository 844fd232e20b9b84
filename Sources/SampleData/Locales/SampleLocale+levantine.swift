extension SampleLocale {
    static let levantine = [turkey, israel, egypt, saudiArabia]

    private static let turkey = SampleLocale(
        "TR", "TRY", unitsPerEuro: 45, weight: 4,
        names: NameStock(
            women: "Aslı, Ayşegül, Bilge, Çiğdem, Defne, Gülşah, Işıl, İpek, Nilüfer, Özge, Şebnem, Yıldız",
            men: "Alperen, Barış, Cengizhan, Çağrı, Doğukan, Emrullah, Görkem, İlker, Kıvanç, Oğuz, Şahin, Ümit",
            family: """
                Ağaoğulları, Bağcıvan, Çınarlı, Değirmenci, Eryiğit, Gümüşdere, Işıksaçan, İncekara, Karadağlı, Körükçü, Özgünay,
                Şimşekoğlu, Taşpınar, Uçarsu, Yağmurlu, Zeytinci
                """,
            titlesOfWomen: "Hanım, Sayın, Dr.", titlesOfMen: "Bey, Sayın, Dr."),
        places: PlaceStock(
            cities: """
                İstanbul | Marmara | 34### | +90 212 0## ## ##
                Ankara | İç Anadolu | 06### | +90 312 0## ## ##
                İzmir | Ege | 35### | +90 232 0## ## ##
                Diyarbakır | Güneydoğu Anadolu | 21### | +90 412 0## ## ##
                Muğla | Ege | 48### | +90 252 0## ## ##
                """,
            streets: "Çınaraltı Sokak, Değirmen Caddesi, Gül Sokağı, Işık Bulvarı, Kestane Sokak, Yeni İskele Caddesi",
            streetLines: """
                $ No: %#
                $ No: %#/%
                $ %#. Kat %
                """),
        firms: FirmStock(
            stems: "Akkuğu, Boğazpınar, Çiçekdağ, Gökçeyel, İncirlik Yolu, Kızılçam, Yıldıztepe",
            trades: "Tekstil, Gıda, Lojistik, Makina, İnşaat, Yazılım, Turizm, Sağlık", legalForms: "A.Ş., Ltd. Şti.",
            jobs: "Satın alma müdürü, Genel müdür, Muhasebeci, Makine mühendisi, Hemşire, Satış temsilcisi, Depo sorumlusu"),
        numbers: NumberStock(
            mobiles: """
                +90 500 0## ## ##, +90 (500) 0## ####
                """,
            nationalIDs: "000########", bankAccounts: "TR00 0000 0### #### #### #### ##"),
        remarks: """
            Çay içmeden toplantıya başlamaz.
            Bayramdan sonra aranmasını istedi.
            """)

    private static let israel = SampleLocale(
        "IL", "ILS", unitsPerEuro: 4, weight: 4,
        names: NameStock(
            women: """
                אביגיל=avigail, ברכה=bracha, גלית=galit, דפנה=dafna, הילה=hila, יעל=yael, ליאורה=liora, מיכל=michal, נועה=noa,
                שירה=shira,
                תמר=tamar
                """,
            men: """
                אורי=uri, בועז=boaz, גדעון=gideon, דניאל=daniel, יונתן=yonatan, ליאור=lior, משה=moshe, נדב=nadav, עידו=ido,
                רועי=roi, שלמה=shlomo
                """,
            family: """
                אלמוג=almog, בן־שחר=benshachar, גולדפרב=goldfarb, דרורי=drori, הררי=harari, זיתוני=zeituni, חרמון=hermon,
                כרמלי=carmeli,
                נחושתן=nechushtan, עגנון־לב=agnonlev, פרחי=parchi, צוקרמן=zukerman, רימון=rimon, שקדי=shkedi
                """,
            titlesOfWomen: "גב׳, ד״ר", titlesOfMen: "מר, ד״ר"),
        places: PlaceStock(
            cities: """
                תל אביב–יפו | - | 6###### | +972 3-0##-####
                ירושלים | - | 9###### | +972 2-0##-####
                חיפה | - | 3###### | +972 4-0##-####
                באר שבע | - | 8###### | +972 8-0##-####
                """,
            streets: "רחוב הרימון, שדרות השקד, רחוב התאנה, סמטת הנגרים, דרך הים, רחוב הירקון הקטן",
            streetLines: """
                $ %#
                $ %#, דירה %
                """),
        firms: FirmStock(
            stems: """
                אורן ירוק=orenyarok, גלבוע=gilboa, נחל צלול=nahaltzalul, רוח צפון=ruachtzafon, שחף=shachaf, תפוז כחול=tapuzkachol
                """,
            trades: """
                מערכות=systems, מזון=mazon, שיווק=shivuk, טכנולוגיות=tech, הנדסה=handasa, רפואה=refua
                """,
            legalForms: "בע״מ, ושות׳",
            jobs: "מנהלת רכש, מנכ״ל, רואת חשבון, מהנדס תוכנה, אחות מוסמכת, נציג מכירות"),
        numbers: NumberStock(
            mobiles: """
                +972 50-0##-####, +972 54 0## ####
                """,
            nationalIDs: "000######", bankAccounts: "IL00 0### #### #### #### ###"),
        remarks: """
            לא להתקשר בשישי ובשבת.
            ביקשה הצעה מעודכנת עד סוף החודש.
            """)

    private static let egypt = SampleLocale(
        "EG", "EGP", unitsPerEuro: 55, weight: 4,
        names: NameStock(
            women: """
                أسماء=asmaa, بسمة=basma, دعاء=doaa, رانيا=rania, سلمى=salma, شيماء=shaimaa, مروة=marwa, نورهان=nourhan, هبة=heba,
                ياسمين=yasmin
                """,
            men: """
                أحمد=ahmed, باسم=bassem, حسام=hossam, خالد=khaled, رامي=ramy, شريف=sherif, طارق=tarek, عمرو=amr, كريم=karim,
                مصطفى=mostafa, وليد=walid
                """,
            family: """
                البنهاوي=elbanhawy, الجمّال=elgammal, الدمياطي=eldomiaty, الزيات=elzayat, السقا=elsakka, الشرقاوي=elsharkawy,
                العطار=elattar,
                الفيومي=elfayoumy, النجار=elnaggar, حجازي=hegazy, عبد الرازق=abdelrazek, منصور=mansour
                """,
            titlesOfWomen: "السيدة, د., م.", titlesOfMen: "السيد, د., م."),
        places: PlaceStock(
            cities: """
                القاهرة | القاهرة | 115## | +20 2 0### ####
                الإسكندرية | الإسكندرية | 215## | +20 3 0## ####
                أسيوط | أسيوط | 715## | +20 88 0## ####
                المنصورة | الدقهلية | 355## | +20 50 0## ####
                """,
            streets: "شارع النخيل, شارع الياسمين, طريق الكورنيش, شارع السوق القديم, ميدان النافورة",
            streetLines: """
                %# $
                %# $، الدور %
                """),
        firms: FirmStock(
            stems: "لوتس الأزرق=blotus, واحة النيل=nilewaha, الهدهد=elhodhod, قمر الدلتا=qamardelta, زهرة الوادي=zahrawadi",
            trades: """
                للنسيج=textile, للتجارة=trade, للأغذية=foods, للمقاولات=contracting, للبرمجيات=software
                """,
            legalForms: "ش.م.م., ذ.م.م.",
            order: "S T F",
            jobs: "مديرة المشتريات, محاسب, مهندس موقع, مدير مبيعات, صيدلانية, أمين مخزن"),
        numbers: NumberStock(
            mobiles: """
                +20 100 0## ####, +20 110 0######
                """,
            nationalIDs: "0ymd99#####", bankAccounts: "EG00 #### #### #### #### #### #### #"),
        remarks: """
            يفضّل التواصل عبر الرسائل فقط.
            الاتصال بعد صلاة الظهر من فضلك.
            """)

    private static let saudiArabia = SampleLocale(
        "SA", "SAR", unitsPerEuro: 4,
        names: NameStock(
            women: """
                أروى=arwa, الجوهرة=aljawhara, ريم=reem, شهد=shahad, عبير=abeer, غادة=ghada, لطيفة=latifa, منيرة=munira, نوف=nouf,
                هيفاء=haifa
                """,
            men: """
                بندر=bandar, تركي=turki, راكان=rakan, سعود=saud, سلطان=sultan, عبدالله=abdullah, فهد=fahad, ماجد=majed,
                نايف=naif, يزيد=yazeed
                """,
            family: """
                الأحمدي=alahmadi, البقمي=albuqami, الحربي=alharbi, الخالدي=alkhaldi, الدوسري=aldosari, الزهراني=alzahrani,
                الشمري=alshammari,
                العتيبي=alotaibi, الغامدي=alghamdi, القحطاني=alqahtani, المطيري=almutairi
                """,
            middle: .own(women: "بنت سعد, بنت صالح, بنت ناصر, بنت حمد", men: "بن سعد, بن صالح, بن ناصر, بن حمد"),
            titlesOfWomen: "الأستاذة, د., م.", titlesOfMen: "الأستاذ, د., م."),
        places: PlaceStock(
            cities: """
                الرياض | منطقة الرياض | 1#### | +966 11 0## ####
                جدة | منطقة مكة المكرمة | 2#### | +966 12 0## ####
                الدمام | المنطقة الشرقية | 3####-#### | +966 13 0## ####
                أبها | منطقة عسير | 6#### | +966 17 0## ####
                """,
            streets: "شارع الواحة, طريق القوافل, شارع الخزامى, شارع النخلة الخضراء, طريق الجبل",
            streetLines: """
                %### $
                $ %##
                """),
        firms: FirmStock(
            stems: """
                رمال الشمال=rimalshamal, نجم الخليج الأزرق=najmazraq, سدرة الوادي=sidrawadi, صقر البادية=saqrbadia, غيمة=ghaima
                """,
            trades: "للطاقة=energy, للتقنية=tech, للتموين=catering, للنقل=transport, الطبية=medical", legalForms: "شركة, مؤسسة",
            order: "F S T",
            jobs: "مدير المشتريات, محاسبة, مهندس نظم, مديرة تطوير الأعمال, ممرض, مستشارة"),
        numbers: NumberStock(
            mobiles: """
                +966 50 0## ####, +966 55 0######
                """,
            nationalIDs: "000#######", bankAccounts: "SA00 #### #### #### #### ####"),
        remarks: """
            العميل مهتم بالعرض السنوي.
            تأجيل الموعد إلى ما بعد العيد.
            """)
}

extension SampleLocale {
    /// India twice: names in Devanagari, and names as most people write them in business, in Latin letters.
    static let indian = [indiaInDevanagari, indiaInLatin]

    private static let indianNumbers = NumberStock(
        mobiles: "+91 90000 0####, +91 9000 0## ###, +91-90000-0####", nationalIDs: "0### #### ####, XXXXX####X",
        bankAccounts: "00########## XXXX0000###")

    private static let indiaInDevanagari = SampleLocale(
        "IN", "INR", unitsPerEuro: 95, weight: 4,
        names: NameStock(
            women: """
                अनुराधा=anuradha, आरती=aarti, कविता=kavita, गायत्री=gayatri, नंदिनी=nandini, प्रिया=priya, मीनाक्षी=meenakshi,
                रश्मि=rashmi,
                शालिनी=shalini, सुषमा=sushma, हेमा=hema
                """,
            men: """
                अभिषेक=abhishek, अर्जुन=arjun, कार्तिक=kartik, गौरव=gaurav, देवेन्द्र=devendra, निखिल=nikhil, प्रकाश=prakash,
                रोहित=rohit,
                विवेक=vivek, संजय=sanjay, हरीश=harish
                """,
            family: """
                अग्निहोत्री=agnihotri, उपाध्याय=upadhyay, कुलश्रेष्ठ=kulshreshtha, चतुर्वेदी=chaturvedi, जोशी=joshi,
                त्रिपाठी=tripathi, देशपांडे=deshpande,
                पाटील=patil, भटनागर=bhatnagar, मिश्रा=mishra, वाजपेयी=vajpeyi, श्रीवास्तव=shrivastava
                """,
            middle: .own(women: "कुमारी, देवी, रानी", men: "कुमार, प्रसाद, नाथ"),
            titlesOfWomen: "श्रीमती, सुश्री, डॉ.", titlesOfMen: "श्री, डॉ."),
        places: PlaceStock(
            cities: """
                नई दिल्ली | दिल्ली | 110 0## | +91 11 0### ####
                जयपुर | राजस्थान | 302 0## | +91 141 0## ####
                वाराणसी | उत्तर प्रदेश | 221 0## | +91 542 0## ####
                पुणे | महाराष्ट्र | 411 0## | +91 20 0### ####
                """,
            streets: "नीम मार्ग, गुलमोहर पथ, पीपल चौक, बाज़ार गली, स्टेशन रोड, कमल विहार",
            streetLines: """
                %##, $
                मकान नं. %#, $
                """),
        firms: FirmStock(
            stems: "नीलकमल पथ=neelkamalpath, मयूर शिखर=mayurshikhar, सूर्यकिरण=suryakiran, हिमगंगा=himganga, चंदनवन=chandanvan",
            trades: """
                उद्योग=udyog, वस्त्र=vastra, औषधि=aushadhi, ऊर्जा=urja, परिवहन=parivahan
                """,
            legalForms: "प्राइवेट लिमिटेड, लिमिटेड",
            jobs: "क्रय प्रबंधक, लेखाकार, अभियंता, शाखा प्रबंधक, बिक्री अधिकारी, नर्स"),
        numbers: indianNumbers,
        remarks: """
            कृपया सुबह दस बजे के बाद ही फ़ोन करें।
            दीवाली के बाद नया प्रस्ताव भेजना है।
            """)

    private static let indiaInLatin = SampleLocale(
        "IN", "INR", unitsPerEuro: 95,
        names: NameStock(
            women: """
                Aishwarya, Bhavani, Deepika, Gurpreet, Indrani, Jaswinder, Kavya, Lakshmi Priya, Madhumita, Nazneen, Revathi,
                Sunayana
                """,
            men: """
                Arvind, Balakrishnan, Debashish, Faizan, Gopal, Harpreet, Jayant, Karthikeyan, Manjunath, Ramesh, Siddharth,
                Venkatesh
                """,
            family: """
                Annamalai, Bhattacharjee, Chakrabarty, D'Souza, Gangopadhyay, Hegde, Iyengar, Kaur Gill, Krishnaswamy, Lobo,
                Menon,
                Mukundan, Naidu, Padmanabhan, Ranganathan, Sheikh, Subramaniam, Venkataraman
                """,
            middle: .own(women: "K., R., S., V. N.", men: "A., M. S., P., T. R."),
            titlesOfWomen: "Ms., Mrs., Dr., Smt.", titlesOfMen: "Mr., Dr., Shri"),
        places: PlaceStock(
            cities: """
                Bengaluru | Karnataka | 560 0## | +91 80 0### ####
                Chennai | Tamil Nadu | 600 0## | +91 44 0### ####
                Kolkata | West Bengal | 700 0## | +91 33 0### ####
                Kochi | Kerala | 682 0## | +91 484 0## ####
                Panaji | Goa | 403 0## | +91 832 0## ####
                """,
            streets: "Tamarind Main Road, 4th Cross Jasmine Layout, Coconut Grove Street, Temple Tank Road, Lake View Colony",
            streetLines: """
                #%, $
                Flat %0%, $
                Door No. %#, $
                """),
        firms: FirmStock(
            stems: "Areca Hills, Banyanworks, Cauvera, Jasmine Byte, Monsoonal, Peacock Lane, Tamarind Tree",
            trades: """
                Infotech, Spices, Exports, Diagnostics, Constructions, Polymers, Learning
                """,
            legalForms: "Pvt. Ltd., Ltd., LLP",
            jobs: "Procurement Lead, Chartered Accountant, Software Architect, Plant Manager, Staff Nurse, Business Analyst"),
        numbers: indianNumbers,
        remarks: """
            Shares one desk phone with the whole floor; ask by full name.
            Festival week is closed; plan around it.
            """)
}

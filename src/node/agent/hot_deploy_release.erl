%% A release as it lies on disk, read by the release's own runtime.
-module(hot_deploy_release).
-export([read/1, modules/1]).
-export([beams/1]).

%% Root is the release's directory. Answers the release of that version, with the digest of every module that a
%% node which boots it can load: `ebin` decides, since an application's specification may leave modules out (OTP's asn1 does).
%% A module of two applications is that of the first on the code path. Consolidated protocols stand apart.
-spec read(#{root := string(), version := string()}) -> hot_deploy_json:json().
read(#{root := Root, version := Version}) ->
    Erts = erts(Root),
    {Name, Listed, Path} = rel_file(Root, Version),
    Applications = shadowed([(application(Root, Application))#{mode => mode(Application)} || Application <- Listed], Path),
    Consolidated = hot_deploy_boot:consolidated(Root, Version),
    #{
        name => text(Name),
        version => text(Version),
        erts => text(Erts),
        otp => text(erlang:system_info(otp_release)),
        root => text(Root),
        applications => Applications,
        protocols => maps:from_list([{text(Module), digest(File)} || {Module, File} <- files(Consolidated)])
    }.

shadowed(Applications, Path) ->
    Place = fun(Directory) -> length(lists:takewhile(fun(Each) -> Each =/= Directory end, Path)) end,
    First = lists:foldl(
        fun(#{directory := Directory, modules := Modules}, Owners) ->
            At = {Place(unicode:characters_to_list(filename:basename(Directory))), Directory},
            maps:merge_with(fun(_, One, Other) -> min(One, Other) end, Owners, maps:map(fun(_, _) -> At end, Modules))
        end, #{}, Applications),
    [Application#{modules := maps:filter(fun(Module, _) -> element(2, maps:get(Module, First)) =:= Directory end, Modules)}
     || #{directory := Directory, modules := Modules} = Application <- Applications].

erts(Root) ->
    File = filename:join([Root, "releases", "start_erl.data"]),
    case file:read_file(File) of
        {ok, Binary} ->
            case string:lexemes(binary_to_list(Binary), " \n\r\t") of
                %% Of a release by distillery that uses the runtime which is installed.
                ["ERTS_VSN", _ | _] -> erlang:system_info(version);
                [Erts, _ | _] -> Erts;
                _ -> refuse(no_release, [File, " names no runtime and version"])
            end;
        {error, Reason} ->
            refuse(no_release, [File, ": ", file:format_error(Reason)])
    end.

%% relx names the file after the release and mix does too; a release may carry start.rel beside it.
rel_file(Root, Version) ->
    Directory = filename:join([Root, "releases", Version]),
    Moved = filename:join(Directory, "hot-deploy.rel"),
    filelib:is_regular(Moved) andalso refuse(no_release, [Moved, ": the image was made of a container after a hot deploy"]),
    Files = [File || File <- filelib:wildcard(filename:join(Directory, "*.rel")),
                     not lists:member(filename:basename(File), ["start_clean.rel", "no_dot_erlang.rel"])],
    Read = [{File, consult(File)} || File <- Files],
    case [Release || {_, {ok, {release, {Name, V}, _, Applications}}} <- Read,
                     Release <- [{Name, Applications}],
                     V =:= Version] of
        [Release | _] ->
            booting(Directory, Release, Version);
        [] ->
            Why = [[", and ", File, ": ", Reason] || {File, {error, Reason}} <- Read],
            refuse(no_release, ["no .rel file of version ", Version, " in ", Directory, Why])
    end.

%% What a start of the container would boot: release_handler takes it too, once the new release is permanent.
booting(Directory, {Name, Applications}, Version) ->
    Files = [filename:join(Directory, Boot) || Boot <- ["start.boot", lists:concat([Name, ".boot"])]],
    case [File || File <- Files, filelib:is_regular(File)] of
        [File | _] ->
            {ok, Binary} = file:read_file(File),
            try binary_to_term(Binary) of
                {script, {_, Version}, Script} when is_list(Script) -> {Name, Applications, code_path(Script)};
                _ -> refuse(no_release, [File, " is no boot script of version ", Version])
            catch
                error:badarg -> refuse(no_release, [File, " is no boot script"])
            end;
        [] ->
            refuse(no_release, ["no boot script in ", Directory])
    end.

%% Names of the applications' directories, in the order in which code is looked for: the last path of a script has them all.
code_path(Script) ->
    case [Path || {path, Path} <- lists:reverse(Script)] of
        [Path | _] -> [filename:basename(filename:dirname(Ebin)) || Ebin <- Path];
        [] -> []
    end.

application(Root, {Name, Version, _}) -> application(Root, {Name, Version});
application(Root, {Name, Version, _, _}) -> application(Root, {Name, Version});
application(Root, {Name, Version}) when is_atom(Name) ->
    Directory = directory(Root, lists:concat([Name, "-", Version])),
    Ebin = filename:join(Directory, "ebin"),
    ok = described(filename:join(Ebin, lists:concat([Name, ".app"])), Name, Version),
    #{
        name => Name,
        version => text(Version),
        directory => text(Directory),
        appup => filelib:is_regular(filename:join(Ebin, lists:concat([Name, ".appup"]))),
        modules => digests(Ebin)
    };
application(_, Other) ->
    refuse(no_release, io_lib:format("its .rel file names ~0tP, which is no application", [Other, 8])).

%% A release without a runtime of its own (include_erts) has OTP's applications in the Erlang that is installed.
directory(Root, Name) ->
    Own = filename:join([Root, "lib", Name]),
    Installed = filename:join(code:lib_dir(), Name),
    case not filelib:is_dir(Own) andalso filelib:is_dir(Installed) of
        true -> Installed;
        false -> Own
    end.

%% systools and the application controller read it; a boot script holds what it said when the release was built.
described(File, Name, Version) ->
    case consult(File) of
        {ok, {application, Name, Properties}} when is_list(Properties) ->
            case proplists:get_value(vsn, Properties) of
                Version -> ok;
                Other -> refuse(bad_app, io_lib:format("~ts says version ~0tP, and the release has ~ts", [File, Other, 8, Version]))
            end;
        {ok, _} ->
            refuse(bad_app, [File, " describes no application ", atom_to_list(Name)]);
        {error, Why} ->
            refuse(bad_app, [File, ": ", Why])
    end.

mode({_, _, Mode}) when is_atom(Mode) -> Mode;
mode({_, _, Mode, _}) when is_atom(Mode) -> Mode;
mode(_) -> permanent.

%% The only term in a file.
consult(File) ->
    %% To open a pipe would wait for ever.
    case filelib:is_regular(File) andalso file:consult(File) of
        {ok, [Term]} -> {ok, Term};
        {ok, Terms} -> {error, io_lib:format("it holds ~b terms instead of one", [length(Terms)])};
        {error, Reason} -> {error, file:format_error(Reason)};
        false -> {error, "there is no such file"}
    end.

digests(Ebin) ->
    maps:from_list([{text(Module), digest(File)} || {Module, File} <- beams(Ebin)]).

%% The modules of an application that can be loaded, by their files. One that its specification lists has to be such; any
%% other file may be something else.
-spec beams(string()) -> [{string(), string()}].
beams(Ebin) ->
    Listed = listed(Ebin),
    [Each || {_, File} = Each <- files(Ebin), is_listed(File, Listed) orelse is_module(File)].

files(Directory) -> [{filename:basename(File, ".beam"), File} || File <- filelib:wildcard(Directory ++ "/*.beam")].

%% Where no specification is, as beside consolidated protocols, every file counts.
listed(Ebin) ->
    case [Modules || File <- filelib:wildcard(Ebin ++ "/*.app"), Modules <- [proplists:get_value(modules, keys(File), [])]] of
        [] -> all;
        Lists -> [atom_to_list(Module) || Module <- lists:append(Lists)]
    end.

is_module(File) ->
    Name = filename:basename(File, ".beam"),
    case filelib:is_regular(File) andalso beam_lib:md5(File) of
        {ok, {Module, _}} -> atom_to_list(Module) =:= Name;
        _ -> false
    end.

%% Over the chunks that matter, as the loader computes it: equal whether stripped or not.
digest(File) ->
    case filelib:is_regular(File) andalso beam_lib:md5(File) of
        {ok, {Module, Digest}} ->
            case atom_to_list(Module) =:= filename:basename(File, ".beam") of
                true -> binary:encode_hex(Digest);
                false -> refuse(bad_beam, [File, ": it holds the module ", atom_to_list(Module)])
            end;
        {error, beam_lib, Reason} ->
            refuse(bad_beam, beam_lib:format_error(Reason));
        false ->
            refuse(bad_beam, [File, ": it is no file"])
    end.

%% What the plan has to know of single modules, and what differs between two specifications of an application. Those that a
%% hot load would load have to be such that it can: a beam that its own chunks call whole may still be none to the loader,
%% which would tell past the point of no return.
-spec modules(#{
    old := [string()], new := [string()], loads := [string()], specifications := [{string(), string()}]
}) -> hot_deploy_json:json().
modules(#{old := Old, new := New, loads := Loads, specifications := Specifications}) ->
    [loadable(File) || Wildcard <- Loads,
                       Listed <- [listed(filename:dirname(Wildcard))],
                       File <- filelib:wildcard(Wildcard),
                       is_listed(File, Listed)],
    #{
        old => [[module(File, fun on_load/1) || {_, File} <- beams(Ebin)] || Ebin <- Old],
        new => [[module(File, fun loadable/1) || {_, File} <- beams(Ebin), is_listed(File, Listed) orelse is_loadable(File)]
                || Ebin <- New, Listed <- [listed(Ebin)]],
        started => [started(keys(OldFile), keys(NewFile)) || {OldFile, NewFile} <- Specifications],
        callbacks => [#{from => callback(OldFile), to => callback(NewFile)} || {OldFile, NewFile} <- Specifications]
    }.

%% The application's callback module, if it wants to be told of changes.
callback(File) ->
    Module = case proplists:get_value(mod, keys(File), none) of {Name, _} when is_atom(Name) -> Name; _ -> null end,
    case beam_lib:chunks(filename:join(filename:dirname(File), lists:concat([Module, ".beam"])), [exports]) of
        {ok, {_, [{exports, Exports}]}} ->
            case lists:member({config_change, 3}, Exports) of true -> Module; false -> null end;
        _ -> null
    end.

%% Read only when the application starts; everything else of it release_handler exchanges.
started(Old, New) ->
    [Key || {Key, Default} <- [{mod, []}, {start_phases, undefined}, {included_applications, []}],
            proplists:get_value(Key, Old, Default) =/= proplists:get_value(Key, New, Default)].

keys(File) ->
    case file:consult(File) of
        {ok, [{application, _, Keys}]} -> Keys;
        _ -> []
    end.

module(File, OnLoad) ->
    Chunks = [exports, imports, attributes],
    case beam_lib:chunks(File, Chunks) of
        {ok, {Module, [{exports, Exports}, {imports, Imports}, {attributes, Attributes}]}} ->
            RunsOnLoad = OnLoad(File),
            #{
                file => text(File),
                module => Module,
                digest => digest(File),
                behaviours => lists:append([Names || {Key, Names} <- Attributes, Key =:= behaviour orelse Key =:= behavior]),
                codeChange => [Arity || {code_change, Arity} <- Exports],
                exports => [text(io_lib:format("~ts/~b", [Function, Arity])) || {Function, Arity} <- Exports],
                calls => lists:usort([Called || {Called, _, _} <- Imports]),
                nif => lists:member({erlang, load_nif, 2}, Imports),
                onLoad => RunsOnLoad,
                protocol => lists:member({'__protocol__', 1}, Exports),
                callbackMode => callback_mode(Module, File, lists:member({callback_mode, 0}, Exports) andalso not RunsOnLoad)
            };
        {error, beam_lib, Reason} ->
            refuse(bad_beam, beam_lib:format_error(Reason))
    end.

%% The loader alone knows: -on_load leaves no attribute behind.
on_load(File) ->
    case prepared(File) of
        {error, _} -> false;
        Prepared -> erlang:has_prepared_code_on_load(Prepared)
    end.

%% How a gen_statem calls it. A running one asks again only when its code changes by code_change.
callback_mode(_, _, false) ->
    null;
callback_mode(Module, File, true) ->
    {ok, Beam} = file:read_file(File),
    case code:is_loaded(Module) =:= false andalso code:load_binary(Module, "hot_deploy", Beam) of
        {module, Module} ->
            try asked(Module)
            after
                code:delete(Module),
                code:purge(Module)
            end;
        _ ->
            null
    end.

asked(Module) ->
    {Asked, Monitor} = spawn_monitor(fun() -> exit({mode, lists:sort(lists:flatten([Module:callback_mode()]))}) end),
    receive
        {'DOWN', Monitor, process, Asked, {mode, Mode}} -> text(io_lib:format("~0tp", [Mode]));
        {'DOWN', Monitor, process, Asked, _} -> null
    after 2000 ->
        exit(Asked, kill),
        null
    end.

is_listed(_, all) -> true;
is_listed(File, Listed) -> lists:member(filename:basename(File, ".beam"), Listed).

is_loadable(File) -> not is_tuple(prepared(File)).

loadable(File) ->
    case prepared(File) of
        {error, Reason} ->
            Otp = erlang:system_info(otp_release),
            refuse(bad_beam, io_lib:format("~ts: the loader of OTP ~ts refuses it (~w)", [File, Otp, Reason]));
        Prepared ->
            erlang:has_prepared_code_on_load(Prepared)
    end.

prepared(File) ->
    {ok, Beam} = file:read_file(File),
    erlang:prepare_loading(list_to_atom(filename:basename(File, ".beam")), Beam).

-spec refuse(atom(), unicode:chardata()) -> no_return().
refuse(Code, Words) -> throw({refused, Code, text(Words)}).

text(Characters) -> unicode:characters_to_binary(Characters).
